"""What the doctor finds on a machine, and at the address people open."""

from __future__ import annotations

import http.server
import pathlib
import threading
from contextlib import contextmanager

import pytest

from convoca.worker.doctor import address, machine
from tests.support.smtp import SmtpServer
from tests.support.tls import make_certificate
from tests.worker.doctor.conftest import text_of, troubles


def test_a_misspelt_variable_is_pointed_at(monkeypatch):
    monkeypatch.setenv("CONVOCA_SMPT_URL", "x")
    assert troubles(machine.check_variables) == [("WARNING", "CONVOCA_SMPT_URL")]


def test_debugging_is_warned_of(settings):
    settings.DEBUG = True
    assert troubles(machine.check_variables) == [("WARNING", "CONVOCA_DEBUG")]


@pytest.mark.parametrize("folder", ["data", "files", "journal"])
def test_a_folder_that_cannot_be_written_is_an_error(settings, tmp_path: pathlib.Path, folder):
    (tmp_path / folder).touch()
    settings.FILES_DIR = tmp_path / "files"
    settings.DATA_DIR = tmp_path / "data" / "deep" if folder == "data" else tmp_path
    assert ("ERROR", "CONVOCA_DATA_DIR") in troubles(machine.check_folders)
    assert "give it to this user" in text_of(machine.check_folders)


def test_a_data_folder_open_to_everybody_is_warned_of(tmp_path: pathlib.Path):
    tmp_path.chmod(0o755)
    assert "chmod 750" in text_of(machine.check_folders)


@pytest.mark.parametrize(
    ("low", "none", "level"), [(10**18, 1, "WARNING"), (10**18, 10**18, "ERROR")]
)
def test_a_full_disk_is_told_once(monkeypatch, low: int, none: int, level: str):
    monkeypatch.setattr(machine, "LOW_DISK", low)
    monkeypatch.setattr(machine, "NO_DISK", none)
    assert troubles(machine.check_disk) == [(level, "Disk")]


MOUNTS = """\
22 1 0:20 / / rw - ext4 /dev/sda1 rw
23 22 0:21 / /srv/data rw,noatime shared:3 - nfs4 files:/data rw
24 23 0:22 / /srv/data/journal rw - xfs /dev/sdb1 rw
25 22 0:23 / /srv/a\\040b rw - cifs //files/ab rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/convoca", "ext4"),
        ("/srv/data/files", "nfs4"),
        ("/srv/data/journal", "xfs"),
        ("/srv/database", "ext4"),
        ("/srv/a b/x", "cifs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str):
    assert machine.file_system_of(pathlib.Path(path), MOUNTS) == kind
    assert machine.file_system_of(pathlib.Path(path), "nonsense") == ""


def test_a_journal_in_a_network_is_warned_of(monkeypatch, tmp_path: pathlib.Path):
    monkeypatch.setattr(machine, "_mounts", lambda: f"1 1 0:1 / {tmp_path} rw - nfs4 x:/ rw\n")
    assert troubles(machine.check_folders) == [("WARNING", "CONVOCA_DATA_DIR")]


def test_missing_scripts_and_styles_are_an_error(monkeypatch):
    monkeypatch.setattr(machine.finders, "find", lambda path: None)
    assert troubles(machine.check_assets) == [("ERROR", "Front end")]


def test_translations_that_were_not_compiled_are_an_error(monkeypatch, tmp_path: pathlib.Path):
    assert troubles(machine.check_languages) == []
    monkeypatch.setattr(machine, "PACKAGE", tmp_path)
    assert troubles(machine.check_languages) == [("ERROR", "Languages")]
    folder = tmp_path / "web/locale/es/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").touch()
    assert "Translations (es) are missing" in text_of(machine.check_languages)


@pytest.mark.parametrize("url", ["http://calendar.example", "http://localhost:8000"])
def test_an_address_others_cannot_trust_or_open_is_warned_of(settings, url):
    settings.BASE_URL = url
    assert troubles(address.check_address) == [("WARNING", "CONVOCA_BASE_URL")]


@pytest.mark.parametrize(
    ("status", "body", "level"), [(200, b"ok\n", ""), (404, b"", "ERROR"), (503, b"", "ERROR")]
)
def test_who_answers_at_the_address_is_asked(settings, monkeypatch, status, body, level):
    with web_server(status, body) as url:
        monkeypatch.undo()
        settings.BASE_URL = url
        assert [one for one, _about in troubles(address.check_reach)] == [level] * bool(level)


def test_an_address_that_leads_nowhere_is_warned_of(settings, monkeypatch):
    with web_server(200, b"ok\n") as url:
        pass
    monkeypatch.undo()
    settings.BASE_URL = url
    assert troubles(address.check_reach) == [("WARNING", "CONVOCA_BASE_URL")]
    assert "Connection refused" in text_of(address.check_reach)


def test_a_certificate_browsers_refuse_is_an_error(settings, monkeypatch, tmp_path: pathlib.Path):
    make_certificate(tmp_path, ends_in_hours=-1)
    with SmtpServer(security="tls", certificates=tmp_path).running() as server:
        monkeypatch.undo()
        settings.BASE_URL = f"https://{server.host}:{server.port}"
        assert troubles(address.check_reach) == [("ERROR", "CONVOCA_BASE_URL")]


@contextmanager
def web_server(status: int, body: bytes):
    """Answer every request so; yield the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)
