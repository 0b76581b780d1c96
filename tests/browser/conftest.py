"""The demo company in a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from convoca.worker.demo.environment import free_port
from tests.browser.demo import Demo, launch
from tests.support.patience import PATIENCE


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start `convoca demo` on a free port and a new folder, once for all browser tests.

    `DEMO_URL` names one that runs already, to be quicker while writing tests.
    """
    if running := os.environ.get("DEMO_URL"):
        yield running
        return
    port, folder = free_port(), tmp_path_factory.mktemp("demo")
    process = launch(port, folder)
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait(PATIENCE)


@pytest.fixture
def demo(demo_url: str, browser: Browser) -> Iterator[Demo]:
    """The demo for one test; what it opened is closed again."""
    yield Demo(demo_url, browser)
    for context in browser.contexts:
        context.close()


@pytest.fixture
def watched(demo: Demo) -> Callable[[BrowserContext], list[str]]:
    """Note every complaint of the pages: script errors and refusals of the content policy."""

    def watch(context: BrowserContext) -> list[str]:
        complaints: list[str] = []
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda message: message.type == "error" and complaints.append(message.text),
        )
        return complaints

    return watch
