"""Remake the README's pictures from a fresh demo: `./dev pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from convoca.worker.demo.environment import free_port
from tests.browser.demo import Demo, launch
from tests.support.browser import launch_arguments

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PHONE = {"width": 390, "height": 780}
WIDE = {"width": 1180, "height": 760}


def main() -> None:
    """Start a demo, walk through it, and stop it again."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        port = free_port()
        process = launch(port, Path(folder))
        try:
            take(Demo(f"http://localhost:{port}", browser), browser)
        finally:
            browser.close()
            process.terminate()
            process.wait(20)


def take(demo: Demo, browser: Browser) -> None:
    """Photograph calendar, form, picker and the guest's page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = demo.sign_in("lucia", viewport=WIDE)
    page.locator(".fc").wait_for()
    shoot(page, "calendar")
    page.goto("/events/new/")
    page.get_by_label("Título").fill("Visita a la obra")
    page.get_by_role("combobox", name="Añadir").fill("ma")
    page.get_by_role("option").first.wait_for()
    shoot(page, "picker")
    page.keyboard.press("Escape")
    shoot(page, "form")
    phone = demo.visit(demo.letters("ines@valcarcel.example")[0], viewport=PHONE)
    phone.frame_locator("iframe").get_by_role("link", name="Aceptar").click()
    phone.wait_for_url("**/r/**")
    shoot(phone, "rsvp")


def shoot(page: Page, name: str) -> None:
    """Keep what is seen; a picture is small enough to be part of the sources."""
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size < 150_000, f"{path} is too large"


if __name__ == "__main__":
    main()
