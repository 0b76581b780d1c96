"""What kind of file it is: believed only when the name and the first bytes agree."""

from __future__ import annotations

UNKNOWN = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")

# By extension: the media type, and how such a file begins; none may run in a browser.
_TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "zip": ("application/zip", _ZIP),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "pptx": (f"{_OFFICE}.presentationml.presentation", _ZIP),
    "odt": ("application/vnd.oasis.opendocument.text", _ZIP),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "odp": ("application/vnd.oasis.opendocument.presentation", _ZIP),
    "mp3": ("audio/mpeg", (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
    "md": ("text/markdown", ()),
    "ics": ("text/calendar", ()),
}


def media_type(name: str, head: bytes) -> str:
    """Return the media type of a file with this name and these first bytes."""
    extension = name.rpartition(".")[2].lower()
    kind, beginnings = _TYPES.get(extension, (UNKNOWN, ()))
    if beginnings and not head.startswith(beginnings):
        return UNKNOWN
    if kind.startswith("text/") and b"\x00" in head:
        return UNKNOWN
    return kind
