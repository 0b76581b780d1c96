"""Files come in with a harmless name, go out as harmless downloads, and do not pile up."""

import datetime as dt
import os
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.calendars import files
from convoca.calendars.models import File
from tests.builders import an_event

TEN = b"0123456789"


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    return settings.FILES_DIR


def upload(member: Membership, name: str = "plan.txt", content: bytes = TEN) -> File:
    uploaded = SimpleUploadedFile("x", content, content_type="text/html")
    uploaded._name = name  # as hostile as it came; Django's own setter would clean it
    return files.store(member, uploaded)


def stored(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_bytes_lie_outside_under_a_random_name(alice: Membership, folder: Path):
    file = upload(alice)
    assert stored(folder) == [folder / file.path]
    assert (folder / file.path).read_bytes() == TEN
    assert (folder / file.path).stat().st_mode & 0o777 == 0o600
    assert "plan" not in file.path
    assert (file.name, file.size, file.media_type) == ("plan.txt", 10, "text/plain")
    assert (file.team, file.uploaded_by, file.event) == (alice.team, alice, None)


def test_too_large_leaves_nothing_behind(alice: Membership, folder: Path, settings: LazySettings):
    settings.MAX_UPLOAD_BYTES = 9
    with pytest.raises(Invalid) as refusal:
        upload(alice)
    assert refusal.value.errors == [FieldError("file", "This file is larger than 9\xa0bytes.")]
    assert not File.objects.exists()
    assert stored(folder) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        (".htaccess", "htaccess"),
        ("", "file"),
        ("..", "file"),
        ("a\r\nSet-Cookie: b.txt", "a Set-Cookie_ b.txt"),
        ("nul\x00l.txt", "nul l.txt"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ('"><script>.html', "___script_.html"),
        ("año ñandú.pdf", "año ñandú.pdf"),
        ("half\ud800.txt", "half.txt"),
    ],
)
def test_names_are_made_harmless(name: str, kept: str):
    assert files.safe_name(name) == kept


@given(st.text())
def test_any_name_becomes_one_that_can_be_kept(name: str):
    kept = files.safe_name(name)
    assert 0 < len(kept.encode()) <= 200
    assert not set(kept) & set("/\\\x00\r\n")
    assert files.safe_name(kept) == kept


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
        ("a.pdf", b"<html>", "application/octet-stream"),
        ("a.PNG", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.html", b"<html>", "application/octet-stream"),
        ("a.svg", b"<svg>", "application/octet-stream"),
        ("a.txt", b"a\x00b", "application/octet-stream"),
        ("a", b"x", "application/octet-stream"),
    ],
)
def test_the_type_is_believed_only_with_proof(
    alice: Membership, name: str, content: bytes, kind: str
):
    assert upload(alice, name, content).media_type == kind


def get(file: File, method: str = "get", **headers: str):
    return files.serve(file, getattr(RequestFactory(), method)("/", headers=headers))


def test_a_download_runs_nowhere(alice: Membership):
    response = get(upload(alice, 'Año;".html'))
    assert (response.status_code, b"".join(response)) == (200, TEN)
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''A%C3%B1o%3B_.html"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Length"] == "10"


@pytest.mark.parametrize(
    ("header", "status", "body", "described"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=0-", 206, TEN, "bytes 0-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, TEN, "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, TEN, None),
        ("bytes=-", 200, TEN, None),
        ("bytes=0-1,4-5", 200, TEN, None),
        ("bytes=²-", 200, TEN, None),
        ("bytes=" + "9" * 5000 + "-", 200, TEN, None),
        ("lines=0-1", 200, TEN, None),
    ],
)
def test_ranges(alice: Membership, header: str, status: int, body: bytes, described: str | None):
    response = get(upload(alice), Range=header)
    assert (response.status_code, b"".join(response)) == (status, body)
    assert response.get("Content-Range") == described


def test_a_range_of_another_version_is_not_mixed_in(alice: Membership):
    file = upload(alice)
    kept = get(file, Range="bytes=0-1", **{"If-Range": f'"{file.public_id}"'})
    other = get(file, Range="bytes=0-1", **{"If-Range": '"older"'})
    assert (kept.status_code, other.status_code) == (206, 200)


def test_head_has_no_body_and_empty_files_work(alice: Membership):
    head = get(upload(alice), "head")
    assert (head.status_code, head["Content-Length"], head.content) == (200, "10", b"")
    empty = upload(alice, content=b"")
    assert (get(empty).status_code, b"".join(get(empty))) == (200, b"")
    assert get(empty, Range="bytes=0-").status_code == 416


def test_lost_bytes_are_a_404(alice: Membership, folder: Path):
    file = upload(alice)
    (folder / file.path).unlink()
    assert get(file).status_code == 404


def test_only_old_orphans_are_purged(alice: Membership, folder: Path):
    orphan, fresh, attached = upload(alice), upload(alice), upload(alice)
    an_event(alice, files=[attached])
    old = timezone.now() - dt.timedelta(days=2)
    File.objects.exclude(pk=fresh.pk).update(created_at=old)
    assert files.purge_orphans(timezone.now()) == 1
    assert set(File.objects.all()) == {fresh, attached}
    assert set(stored(folder)) == {folder / fresh.path, folder / attached.path}
    assert not (folder / orphan.path).exists()


def test_bytes_that_two_halves_of_a_series_share_stay_for_the_other(
    alice: Membership, folder: Path
):
    one = upload(alice)
    event = an_event(alice, files=[one])
    other = File.objects.create(team=alice.team, event=None, name="x", size=10, path=one.path)
    File.objects.filter(pk=other.pk).update(created_at=timezone.now() - dt.timedelta(days=2))
    assert files.purge_orphans(timezone.now()) == 1
    assert stored(folder) == [folder / one.path]
    event.delete()
    File.objects.update(created_at=timezone.now() - dt.timedelta(days=2))
    assert files.purge_orphans(timezone.now()) == 1
    assert stored(folder) == []


def test_bytes_of_a_cut_off_upload_are_purged(alice: Membership, folder: Path):
    kept = upload(alice)
    an_event(alice, files=[kept])
    old, fresh = folder / "aa" / "old", folder / "aa" / "fresh"
    old.parent.mkdir(exist_ok=True)
    for stray in (old, fresh):
        stray.write_bytes(TEN)
    two_days_ago = (timezone.now() - dt.timedelta(days=2)).timestamp()
    for place in (old, folder / kept.path):
        os.utime(place, (two_days_ago, two_days_ago))
    assert files.purge_orphans(timezone.now()) == 1
    assert set(stored(folder)) == {fresh, folder / kept.path}
