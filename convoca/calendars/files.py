"""Files of events: taken in, served safely, and thrown away when nobody attached them."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.accounts.text import one_line
from convoca.calendars.media_types import media_type
from convoca.calendars.models import File

MAX_NAME_BYTES = 200  # of the longest name that every file system takes
ORPHAN_AGE = dt.timedelta(days=1)
CHUNK = 256 * 1024
SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def store(member: Membership, uploaded: UploadedFile) -> File:
    """Keep an uploaded file for an event to come; raise Invalid on `file` when it is too large."""
    path = f"{secrets.token_hex(1)}/{secrets.token_hex(20)}"
    place = settings.FILES_DIR / path
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        size, head = _write(uploaded, place)
        name = safe_name(uploaded.name or "")
        return File.objects.create(
            team=member.team,
            uploaded_by=member,
            name=name,
            size=size,
            media_type=media_type(name, head),
            path=path,
        )
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def serve(file: File, request: HttpRequest) -> HttpResponseBase:
    """Return the file as a download that no browser runs; honours Range and HEAD.

    A file whose bytes are gone answers 404.
    """
    place = settings.FILES_DIR / file.path
    if not place.is_file():
        return HttpResponse(status=404, headers=SAFETY)
    tag = f'"{file.public_id}"'
    headers = SAFETY | {
        "Content-Type": file.media_type,
        "Content-Disposition": content_disposition_header(True, file.name) or "attachment",
        "ETag": tag,
    }
    wanted = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) != tag:
        wanted = ""
    status, first, last = _span(wanted, file.size)
    if status == 416:
        headers["Content-Range"] = f"bytes */{file.size}"
        return HttpResponse(status=status, headers=headers)
    if status == 206:
        headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    headers["Content-Length"] = str(last - first + 1)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_read(place, first, last), status=status, headers=headers)


def purge_orphans(now: dt.datetime) -> int:
    """Delete what nobody attached within a day, rows and bytes; return how many files.

    Bytes without a row, left by an upload that was cut off, go the same way.
    """
    with transaction.atomic():
        orphans = list(
            File.objects.select_for_update().filter(event=None, created_at__lt=now - ORPHAN_AGE)
        )
        File.objects.filter(pk__in=[file.pk for file in orphans]).delete()
    paths = [file.path for file in orphans]
    shared = set(File.objects.filter(path__in=paths).values_list("path", flat=True))
    for file in orphans:
        if file.path in shared:  # the two halves of a series have the same bytes
            continue
        (settings.FILES_DIR / file.path).unlink(missing_ok=True)
    return len(orphans) + sum(
        _purge_strays(folder, (now - ORPHAN_AGE).timestamp())
        for folder in settings.FILES_DIR.glob("??")
    )


def _purge_strays(folder: Path, before: float) -> int:
    rows = File.objects.filter(path__startswith=f"{folder.name}/")
    known = {Path(path).name for path in rows.values_list("path", flat=True)}
    old = [place for place in folder.iterdir() if place.stat().st_mtime < before]
    strays = [place for place in old if place.name not in known]
    for stray in strays:
        stray.unlink(missing_ok=True)
    return len(strays)


def safe_name(name: str) -> str:
    """Return the name under which a file is shown and offered: no path, nothing invisible."""
    last = one_line(re.split(r"[/\\]", name)[-1])
    cleaned = re.sub(r'[<>:"|?*]', "_", last).lstrip(". ").rstrip(". ")
    stem, dot, extension = cleaned.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = cleaned, "", ""
    room = MAX_NAME_BYTES - len(f"{dot}{extension}".encode())
    stem = stem.encode()[:room].decode(errors="ignore").strip()
    return f"{stem or _('file')}{dot}{extension}"


def _write(uploaded: UploadedFile, place: Path) -> tuple[int, bytes]:
    """Write the bytes; return their number and the first of them, or raise Invalid."""
    size, head = 0, b""
    with open(place, "xb", opener=_private) as target:
        for chunk in uploaded.chunks(CHUNK):
            size += len(chunk)
            if size > settings.MAX_UPLOAD_BYTES:
                raise Invalid.field("file", _too_large())
            head = head or chunk[:512]
            target.write(chunk)
    return size, head


def _too_large() -> str:
    return _("This file is larger than %(limit)s.") % {
        "limit": filesizeformat(settings.MAX_UPLOAD_BYTES)
    }


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _span(header: str, size: int) -> tuple[int, int, int]:
    """Return the HTTP status that answers a Range header, and the first and last byte to send.

    Anything but one plain range is ignored, as RFC 9110, 14.2 allows.
    """
    wanted = _RANGE.fullmatch(header.strip())
    if wanted is None or wanted[1] == wanted[2] == "":
        return 200, 0, size - 1
    if not wanted[1]:
        first, last = max(size - int(wanted[2]), 0), size - 1
    else:
        first, last = int(wanted[1]), min(int(wanted[2] or size), size - 1)
        if wanted[2] and int(wanted[2]) < first:
            return 200, 0, size - 1
    return (416, 0, 0) if first > last else (206, first, last)


def _read(place: Path, first: int, last: int) -> Iterator[bytes]:
    with place.open("rb") as source:
        source.seek(first)
        left = last - first + 1
        while left > 0 and (chunk := source.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
