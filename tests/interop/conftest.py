"""The stage of the interop tests: real programs, started anew for each tale."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import thunderbird
from tests.interop.host import GWEN, Host
from tests.interop.postbox import Postbox
from tests.interop.stage import Stage
from tests.interop.thunderbird import Thunderbird
from tests.support.installation import free_port, installed
from tests.support.smtp import SmtpServer


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    assert shutil.which("thunderbird"), "Thunderbird is not installed: ./dev interop does that"
    folder = tmp_path / "convoca"
    folder.mkdir()
    sent, answered, postbox, lmtp_port = SmtpServer(), SmtpServer(), Postbox(), free_port()
    with (
        sent.running(),
        answered.running(),
        postbox.open(),
        installed(folder, sent.url) as there,
        thunderbird.started(tmp_path / "gwen", GWEN, postbox.port, answered.port) as profile,
    ):
        there.environment |= {
            "CONVOCA_REPLY_DOMAIN": "reply.example",
            "CONVOCA_LMTP_LISTEN": f"127.0.0.1:{lmtp_port}",
        }
        _, url = there.start_web("serve")
        host, guest = Host(there, url), Thunderbird(profile)
        yield Stage(host, guest, sent, answered, postbox, lmtp_port)
        assert "Traceback" not in there.log("serve")
