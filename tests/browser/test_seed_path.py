"""The seed path in Spanish, click by click: Nerea's first guest, from the empty day to the bell."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.demo import PHONE, Demo

GUEST = "olga.ruiz@ceramistas.example"
SENDER = "taller@albufera.example"
CODE = re.compile(r"\b\d{3} ?\d{3}\b")


@dataclass
class Tale:
    """What the steps below hand on to each other."""

    demo: Demo
    host: Page


@pytest.fixture
def tale(demo: Demo, watched) -> Tale:
    page = demo.sign_in("nerea")
    complaints = watched(page.context)
    yield Tale(demo, page)
    assert complaints == []


def test_first_guest_from_the_click_on_a_day_to_the_bell(tale: Tale):
    pick_a_day(tale.host)
    fill_in_the_form(tale.host)
    invite_olga(tale.host)
    assert tale.demo.letters(GUEST) == []
    choose_a_sender(tale)
    create(tale.host)
    rung = int(bell(tale.host).inner_text())
    answer_on_a_phone(tale)
    hear_the_bell(tale.host, rung + 1)
    move_it(tale)
    call_it_off(tale)


def pick_a_day(page: Page) -> None:
    """S1: a click on a day of next month opens the form with that day."""
    page.get_by_role("button", name="Mes").click()
    page.get_by_role("button", name="Adelante").click()
    day = page.locator("[data-date$='-17']").first
    size = day.bounding_box()
    assert size
    day.click(position={"x": 20, "y": size["height"] - 6})  # beneath the events of that day
    page.wait_for_url("**/events/new/**")
    expect(page.get_by_label("Empieza")).to_have_value(re.compile(r"-17$"))


def fill_in_the_form(page: Page) -> None:
    page.get_by_label("Título").fill("Visita de la escuela de cerámica")
    page.get_by_label("Hora de inicio").fill("10:00")
    page.get_by_label("Hora de fin").fill("11:30")
    page.get_by_label("Lugar").fill("Calle del Horno 12, Manises")
    page.get_by_role("textbox", name="Descripción").fill("Enseñamos el horno grande.")
    page.get_by_label("Elegir archivos").set_input_files(
        {"name": "plano.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 plano"}
    )
    expect(page.locator("file-drop .file__name")).to_have_text("plano.pdf")


def invite_olga(page: Page) -> None:
    """S2 to S5: a colleague by keyboard, then a guest through the picker's last line."""
    box = picker(page)
    box.fill("marc")
    expect(page.get_by_role("option", name="Marc Soler")).to_be_visible()
    box.press("Enter")
    expect(chips(page)).to_have_count(1)

    box.fill(GUEST)
    page.get_by_role("option", name=re.compile("Invitar a un huésped")).click()
    dialog = page.get_by_role("dialog", name="Invitar a un huésped")
    expect(dialog.get_by_label("Correo electrónico")).to_have_value(GUEST)
    dialog.get_by_label("Nombre").fill("Olga")
    dialog.get_by_label("Apellidos").fill("Ruiz")
    dialog.get_by_role("button", name="Invitar").click()
    olga = chips(page).filter(has_text="Olga Ruiz")
    expect(olga).to_contain_text("huésped")
    expect(olga).to_have_class(re.compile("chip--guest"))
    expect(box).to_be_focused()

    olga.get_by_role("button").click()
    box.fill(GUEST.partition("@")[0])
    expect(page.get_by_role("option", name=re.compile(GUEST))).to_be_visible()
    box.press("Enter")
    expect(olga).to_be_visible()


def choose_a_sender(tale: Tale) -> None:
    """S6 to S10: asked on the first guest; a new address, proved by the code in its mail."""
    page = tale.host
    panel = page.locator("[data-sender-panel]")
    expect(panel.locator("[data-choices] > *").first).to_contain_text("recomendada")
    expect(panel.locator("[data-choices] > *").first).to_contain_text("nerea@albufera.example")
    panel.get_by_role("button", name="Añadir una dirección").click()
    dialog = page.locator("#sender-dialog")
    dialog.get_by_label("Nombre", exact=True).fill("Taller de diseño")
    dialog.get_by_label("Correo electrónico").fill(SENDER)
    dialog.get_by_label("Disponible para todos").check()
    dialog.get_by_role("button", name="Añadir").click()
    dialog.get_by_label("Código").fill(code_from(tale.demo))
    dialog.get_by_role("button", name="Confirmar").click()
    expect(dialog.get_by_role("button", name="Enviar un correo de prueba")).to_be_visible()
    dialog.get_by_role("button", name="Seguir con el evento").click()
    expect(dialog).to_be_hidden()
    expect(panel.get_by_label(re.compile(SENDER))).to_be_checked()


def code_from(demo: Demo) -> str:
    page = demo.visit(demo.wait_for_letter(SENDER) + "?part=text")
    code = CODE.search(page.locator(".mailbox__source").inner_text())
    assert code
    page.close()
    return code.group()


def create(page: Page) -> None:
    """S12: the button says what it does; then the event stands in the calendar."""
    page.get_by_role("button", name="Crear y enviar 2 invitaciones").click()
    page.wait_for_url(lambda url: "/events/" not in url)
    expect(page.get_by_text("Visita de la escuela de cerámica").first).to_be_visible()


def answer_on_a_phone(tale: Tale) -> None:
    """S13, S14, S17: the mail as Olga reads it, and her page, without a line of script."""
    letter = tale.demo.wait_for_letter(GUEST)
    phone = tale.demo.visit(letter, viewport=PHONE, java_script_enabled=False)
    mail = phone.frame_locator("iframe")
    expect(seen(mail, "Calle del Horno 12, Manises")).to_be_visible()
    with phone.expect_navigation(url="**/r/**"):
        mail.get_by_role("link", name="Aceptar").first.click()
    expect(phone.get_by_role("button", name="Aceptar")).to_have_attribute("aria-current", "true")
    with phone.expect_download() as download:
        phone.get_by_role("link", name="plano.pdf").click()
    assert download.value.suggested_filename == "plano.pdf"
    phone.get_by_label(re.compile("Nota para")).fill("Iremos con doce alumnos.")
    phone.get_by_role("button", name="Aceptar").click()
    expect(phone.locator("main")).to_contain_text("Vas a venir")


def hear_the_bell(page: Page, number: int) -> None:
    """S14: the number on the bell rises in the open page, without a reload."""
    expect(bell(page)).to_have_text(str(number))
    page.locator("live-bell a").click()
    expect(page.locator("main")).to_contain_text("Olga Ruiz")
    expect(page.locator("main")).to_contain_text("Iremos con doce alumnos.")
    page.get_by_role("link", name=re.compile("Visita de la escuela")).first.click()
    line = page.locator(".attendee").filter(has_text="Olga Ruiz")
    expect(line).to_contain_text(re.compile("acepta", re.IGNORECASE))
    expect(line).to_contain_text("Iremos con doce alumnos.")


def move_it(tale: Tale) -> None:
    """S15: the mail shows the old place struck and the new one beside it."""
    page = tale.host
    known = len(tale.demo.letters(GUEST))
    page.get_by_role("link", name="Editar").click()
    page.get_by_label("Lugar").fill("Sala de muestras")
    page.get_by_role("button", name=re.compile("Guardar")).first.click()
    page.wait_for_url(re.compile(r"/events/[0-9a-f-]+/$"))
    mail = tale.demo.visit(tale.demo.wait_for_letter(GUEST, known)).frame_locator("iframe")
    expect(mail.locator("del, s").filter(has_text="Calle del Horno 12").first).to_be_visible()
    expect(seen(mail, "Sala de muestras")).to_be_visible()


def call_it_off(tale: Tale) -> None:
    """S16: everyone is told, and the guest's page asks nothing more."""
    page = tale.host
    known = len(tale.demo.letters(GUEST))
    page.get_by_role("link", name="Cancelar el evento").click()
    page.get_by_role("textbox", name=re.compile("Mensaje")).fill("El horno está en obras.")
    page.get_by_role("button", name="Cancelar el evento").click()
    expect(page.locator("main")).to_contain_text(re.compile("cancelad", re.IGNORECASE))
    guest = tale.demo.visit(tale.demo.wait_for_letter(GUEST, known))
    expect(guest.locator("#letter-title")).to_contain_text("Cancelad")
    expect(seen(guest.frame_locator("iframe"), "El horno está en obras.")).to_be_visible()


def seen(mail: FrameLocator, words: str) -> Locator:
    """Find words a reader sees; the preheader's are for the list of mails only."""
    return mail.get_by_text(words).filter(visible=True).first


def bell(page: Page) -> Locator:
    return page.locator("live-bell [data-count]")


def picker(page: Page) -> Locator:
    return page.get_by_role("combobox", name=re.compile("Añadir colegas"))


def chips(page: Page) -> Locator:
    return page.locator(".picker__chips .chip")
