"""What the doctor sees on this machine: variables, folders, disk, and what was installed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import run_checks

from convoca.environment import Environment
from convoca.worker.doctor.findings import ERROR, OK, WARNING, Finding

MEGABYTE = 1024 * 1024
LOW_DISK, NO_DISK = 500 * MEGABYTE, 50 * MEGABYTE
PACKAGE = Path(__file__).parents[2]
NETWORK = ("nfs", "cifs", "smb", "9p", "ceph", "gluster", "lustre", "afs", "fuse.sshfs")


def check_variables() -> Iterator[Finding]:
    known = {f"CONVOCA_{name.upper()}" for name in Environment.model_fields}
    known |= {"CONVOCA_TEST_DATABASE", "CONVOCA_TEST_DIR"}
    unknown = sorted(name for name in os.environ if name.startswith("CONVOCA_"))
    for name in unknown:
        if name not in known:
            yield Finding(WARNING, name, "There is no such variable; is it misspelt?")
    yield Finding(OK, "Variables", "All CONVOCA_ variables can be read.")
    if settings.DEBUG:
        text = "Debugging shows strangers what is inside; remove it from a real installation."
        yield Finding(WARNING, "CONVOCA_DEBUG", text)


def check_folders() -> Iterator[Finding]:
    """Write into each folder that is written to: one of another user is noticed too late."""
    about = "CONVOCA_DATA_DIR"
    is_writable = True
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x")
                file.flush()
        except OSError as error:
            is_writable = False
            text = f"{folder} cannot be written ({error.strerror}): give it to this user."
            yield Finding(ERROR, about, text)
    if not is_writable:
        return
    if settings.DATA_DIR.stat().st_mode & 0o007:
        text = f"Everybody on this machine may look into it: chmod 750 {settings.DATA_DIR}"
        yield Finding(WARNING, about, text)
    kind = file_system_of(settings.DATA_DIR / "journal", _mounts())
    if kind.startswith(NETWORK):
        text = f"{settings.DATA_DIR / 'journal'} lies in a network ({kind}): mount only `files`."
        yield Finding(WARNING, about, text + " What a killed worker knew is read where it ran.")
    yield Finding(OK, about, f"{settings.DATA_DIR} can be written.")


def check_disk() -> Iterator[Finding]:
    seen = set()
    for folder in filter(Path.exists, _folders()):
        device, free = folder.stat().st_dev, shutil.disk_usage(folder).free
        if device in seen or free >= LOW_DISK:
            continue
        seen.add(device)
        level = ERROR if free < NO_DISK else WARNING
        text = f"Only {free // MEGABYTE} MB are free in {folder}: make room, or nothing is saved."
        yield Finding(level, "Disk", text)


def check_assets() -> Iterator[Finding]:
    if finders.find("dist/app.js") is None:
        text = "Scripts and styles are not built: install the package again, or run `./dev assets`."
        yield Finding(ERROR, "Front end", text)
    else:
        yield Finding(OK, "Front end", "Scripts and styles are built.")


def check_languages() -> Iterator[Finding]:
    """Look for translations that were not compiled: their readers would get English."""
    sources = list(PACKAGE.glob("*/locale/*/LC_MESSAGES/django.po"))
    languages = {path.parts[-3] for path in sources if not path.with_suffix(".mo").exists()}
    languages |= {code for code, _name in settings.LANGUAGES[1:]} if not sources else set()
    for language in sorted(languages):
        text = f"Translations ({language}) are missing: install again, or run `./dev messages`."
        yield Finding(ERROR, "Languages", text)


def check_settings() -> Iterator[Finding]:
    """Pass on what Django's own check for real installations says."""
    is_https = urlsplit(settings.BASE_URL).scheme == "https"
    for message in run_checks(include_deployment_checks=is_https):
        if not message.is_silenced():
            level = ERROR if message.is_serious() else WARNING
            yield Finding(level, "Settings", f"{message.msg} ({message.id})")


def file_system_of(path: Path, mounts: str) -> str:
    """Return the kind of file system a path lies on, after /proc/self/mountinfo; "" if unknown."""
    best, kind = "", ""
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ") if dash and len(before.split()) > 4 else ""
        if point and path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def network_kind(path: Path) -> str:
    """Return which network a path lies in, such as nfs4; "" for a disk of this machine."""
    kind = file_system_of(path.resolve(), _mounts())
    return kind if kind.startswith(NETWORK) else ""


def _folders() -> list[Path]:
    return [settings.DATA_DIR, settings.FILES_DIR, settings.DATA_DIR / "journal"]


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return ""
