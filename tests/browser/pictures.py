"""Remake the README's pictures from a fresh demo: `./dev pictures`."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from convoca.worker.demo.diary import first_monday
from convoca.worker.demo.environment import free_port
from tests.browser.demo import Demo, launch
from tests.support.browser import launch_arguments
from tests.support.patience import PATIENCE

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PHONE = {"width": 390, "height": 1080}
WIDE = {"width": 1180, "height": 760}


def main() -> None:
    """Start a demo, walk through it, and stop it again."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        port = free_port()
        process = launch(port, Path(folder))
        try:
            take(Demo(f"http://localhost:{port}", browser))
        finally:
            browser.close()
            process.terminate()
            process.wait(PATIENCE)


def take(demo: Demo) -> None:
    """Photograph calendar, form, picker and the guest's page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = demo.sign_in("lucia", viewport=WIDE)
    page.goto(f"/?view=week&date={first_monday(dt.datetime.now().astimezone().date())}")
    page.get_by_role("button", name="Equipo").click()
    page.get_by_text("Presentación de la colección").first.wait_for()
    shoot(page, "calendar")
    page.goto("/events/new/")
    page.get_by_label("Título").fill("Visita a la obra del Hotel Almenara")
    picker = page.get_by_role("combobox", name="Añadir")
    for name in ("Inés", "Marc"):
        picker.fill(name)
        page.locator(".picker__list [role=option]").filter(has_text=name).first.wait_for()
        picker.press("Enter")
        page.locator(".chip", has_text=name).wait_for()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    shoot(page, "form")
    picker.fill("ma")
    page.locator(".picker__list [role=option]").filter(has_text="Marín").wait_for()
    page.locator("#people").scroll_into_view_if_needed()
    shoot(page, "picker")
    phone = demo.visit("/demo/mailbox/?to=sofia.marin@hotelalmenara.example", viewport=PHONE)
    phone.get_by_role("link", name="Firma del contrato").first.click()
    phone.frame_locator("iframe").get_by_role("link", name="Aceptar").first.click()
    phone.wait_for_url("**/r/**")
    shoot(phone, "rsvp")


def shoot(page: Page, name: str) -> None:
    """Keep what is seen; a picture is small enough to be part of the sources."""
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size < 150_000, f"{path} is too large"
