"""A demo in a process of its own: the real command, with web, worker and mail server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Page

from convoca.worker.demo import cast
from tests.support.patience import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


class Demo:
    """The running demo, and ways into it."""

    def __init__(self, url: str, browser: Browser) -> None:
        self.url = url
        self.browser = browser

    def visit(self, path: str = "/", **options: Any) -> Page:
        """Open a page as a stranger; `options` are Playwright's, e.g. a phone without scripts."""
        settings = {"viewport": DESKTOP, "locale": "es-ES", "timezone_id": "Europe/Madrid"}
        context = self.browser.new_context(**(settings | options), base_url=self.url)
        page = context.new_page()
        page.goto(path)
        return page

    def sign_in(self, key: str, **options: Any) -> Page:
        """Sign in as an employee, the way the demo's greeting says."""
        page = self.visit("/", **options)
        page.get_by_label(re.compile("Correo|E-mail")).fill(f"{key}@{cast.DOMAIN}")
        page.get_by_label(re.compile("Contraseña|Password")).first.fill(cast.PASSWORD)
        page.get_by_role("button", name=re.compile("Entrar|Sign in")).click()
        page.wait_for_url("**/")
        return page

    def letters(self, recipient: str) -> list[str]:
        """Return the addresses of one recipient's mails in the demo mailbox, newest first."""
        with urlopen(f"{self.url}/demo/mailbox/?to={recipient}") as answer:
            page = answer.read().decode()
        return re.findall(r'href="(/demo/mailbox/[0-9a-f-]+/)\?to=', page)

    def wait_for_letter(self, recipient: str, known: int = 0) -> str:
        """Return the newest mail once there is one more than `known`."""
        wait_until(lambda: len(self.letters(recipient)) > known)
        return self.letters(recipient)[0]


def launch(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start the demo and wait until it answers."""
    log = (folder / "log").open("wb")
    ours = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "convoca", "demo", "--port", str(port), "--dir", str(folder)],
        cwd=ROOT,
        env=ours,
        stdout=log,
        stderr=log,
    )
    deadline = time.monotonic() + 5 * PATIENCE
    while not _answers(f"http://localhost:{port}/healthz"):
        is_gone = process.poll() is not None or time.monotonic() > deadline
        assert not is_gone, f"the demo did not start:\n{(folder / 'log').read_text()}"
        time.sleep(0.1)
    return process


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
