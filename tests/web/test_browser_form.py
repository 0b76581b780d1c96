"""The event form in a real browser: picking people, times, files, and what the button says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Sender
from tests.builders import an_event, wall

FORM = "/events/new/?start=2099-11-24T10:00&end=2099-11-24T11:30"

Visit = Callable[..., Page]


@pytest.fixture
def form(visit: Visit, alice: Membership, bob: Membership, gwen: Guest, sender: Sender) -> Page:
    """Alice's form for a new event; Bob and Gwen can be invited."""
    page = visit(alice, FORM)
    expect(page.get_by_role("combobox", name="Add colleagues")).to_be_visible()
    page.wait_for_function("() => Boolean(customElements.get('attendee-picker'))")
    return page


def pick(page: Page, *typed: str) -> None:
    box = page.get_by_role("combobox", name="Add colleagues")
    for text in typed:
        box.fill(text)
        expect(options(page).first).to_contain_text(text, ignore_case=True)
        box.press("Enter")
        expect(box).to_have_value("")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Colleagues, rooms and guests").get_by_role("option")


def option(page: Page, text: str) -> Locator:
    return options(page).filter(has_text=text)


def chips(page: Page) -> list[str]:
    texts = page.locator(".picker__chips .chip").all_inner_texts()
    return [" ".join(text.split("Remove")[0].split()) for text in texts]


def expect_said(page: Page, text: str) -> None:
    expect(page.locator("#said")).to_contain_text(text)


def test_enter_adds_the_person_found(form: Page):
    pick(form, "gwen")
    expect_said(form, "Gwen López added guest")
    assert chips(form) == ["Gwen López guest"]
    expect(form.locator(".picker__chips .chip--guest")).to_have_count(1)
    expect(form.get_by_role("combobox", name="Add colleagues")).to_be_focused()


def test_who_types_before_the_script_came_gets_the_list(
    visit: Visit, context: BrowserContext, alice: Membership, gwen: Guest
):
    held: list[Route] = []
    context.route("**/chunks/form-*.js", lambda route: held.append(route))
    page = visit(alice, FORM)
    box = page.get_by_role("combobox", name="Add colleagues")
    box.press_sequentially("gwen")
    box.press("Enter")
    expect(options(page)).to_have_count(0)
    held.pop().continue_()
    expect(options(page).first).to_contain_text("Gwen López")


def test_a_search_that_failed_is_asked_again(form: Page):
    form.route("**/attendees/**", lambda route: route.abort(), times=1)
    form.get_by_role("combobox", name="Add colleagues").fill("gwen")
    expect(options(form)).to_have_text(["Invite a guest: “gwen”"])
    expect(options(form).first).to_contain_text("Gwen López")


def test_change_opens_the_colleagues_and_several_are_chosen(form: Page):
    form.get_by_role("button", name="Change").click()
    option(form, "Bob Baker").click()
    option(form, "Gwen López").click()
    expect(form.locator(".picker__chips .chip")).to_have_count(2)
    expect(option(form, "Bob Baker")).to_have_attribute("aria-selected", "true")


def test_arrows_walk_and_escape_closes(form: Page):
    box = form.get_by_role("combobox", name="Add colleagues")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    active = form.locator(f"#{box.get_attribute('aria-activedescendant')}")
    expect(active).to_contain_text("Bob Baker")
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(form.get_by_role("listbox")).to_be_hidden()


def test_backspace_takes_the_last_one_off(form: Page):
    pick(form, "gwen", "bob")
    form.get_by_role("combobox", name="Add colleagues").press("Backspace")
    expect_said(form, "Bob Baker removed")
    assert chips(form) == ["Gwen López guest"]


def test_an_unknown_address_opens_the_guest_dialog(form: Page):
    box = form.get_by_role("combobox", name="Add colleagues")
    box.fill("nora@new.example")
    expect(options(form)).to_have_text("Invite a guest: “nora@new.example”")
    box.press("Enter")
    dialog = form.get_by_role("dialog", name="Invite a guest")
    expect(dialog.get_by_label("E-mail address")).to_have_value("nora@new.example")
    expect(dialog.get_by_label("First name")).to_be_focused()
    dialog.get_by_label("First name").fill("Nora")
    dialog.get_by_label("Last name").fill("Novak")
    dialog.get_by_role("button", name="Invite").click()
    expect_said(form, "Nora Novak added guest")
    expect(box).to_be_focused()
    assert chips(form) == ["Nora Novak guest"]
    assert Guest.objects.get(email="nora@new.example").name == "Nora Novak"
    assert not Delivery.objects.exists()


def test_the_dialog_says_what_is_wrong(form: Page):
    box = form.get_by_role("combobox", name="Add colleagues")
    box.fill("Nora Novak")
    box.press("Enter")
    dialog = form.get_by_role("dialog", name="Invite a guest")
    expect(dialog.get_by_label("First name")).to_have_value("Nora")
    dialog.get_by_label("E-mail address").fill("nora@@x")
    dialog.get_by_role("button", name="Invite").click()
    expect(dialog.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("E-mail address")).to_be_focused()
    dialog.get_by_role("button", name="Close").click()
    expect(box).to_be_focused()
    expect(box).to_have_value("Nora Novak")


def test_a_known_address_is_that_person(form: Page):
    box = form.get_by_role("combobox", name="Add colleagues")
    box.fill("gwen@guest.example")
    expect(options(form)).to_have_count(1)
    expect(options(form)).to_contain_text("Gwen López")


def test_pasted_addresses_become_chips_the_doubtful_marked(form: Page):
    pasted = 'gwen@guest.example, "Novak, Nora" <nora@new.example>; who@@where'
    form.get_by_role("combobox", name="Add colleagues").focus()
    form.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", { clipboardData, cancelable: true });
            document.activeElement.dispatchEvent(paste);
        }""",
        pasted,
    )
    expect_said(form, "3 added, 1 of them doubtful")
    assert chips(form) == ["Gwen López guest", "Nora Novak guest", "who@@where is this an address?"]


def test_moving_the_start_keeps_the_duration(form: Page):
    form.get_by_label("Start time").fill("14:00")
    form.get_by_label("Start time").blur()
    expect(form.get_by_label("End time")).to_have_value("15:30")
    expect(form.locator("[data-echo]")).to_have_text(
        "Tuesday, 24 November 2099, 14:00–15:30 · 1 hr 30 mins"
    )


def test_the_other_zone_is_said_too(form: Page):
    form.get_by_label("Time zone").select_option("America/New_York")
    expect(form.locator("[data-echo]")).to_contain_text("for you: Tue, 16:00–17:30")


def test_all_day_hides_the_times(form: Page):
    form.get_by_label("All day").check()
    expect(form.get_by_label("Start time")).to_be_hidden()
    expect(form.locator("[data-echo]")).to_have_text("Tuesday, 24 November 2099")


def test_repetition_shows_what_it_needs(form: Page):
    expect(form.get_by_label("On these days")).to_be_hidden()
    form.get_by_label("Repeat", exact=True).select_option("WEEKLY")
    expect(form.get_by_role("checkbox", name="Tuesday")).to_be_checked()
    form.get_by_label("Stops repeating").select_option("count")
    expect(form.get_by_label("Times", exact=True)).to_be_visible()
    expect(form.get_by_label("Last day")).to_be_hidden()


def test_one_date_puts_the_series_fields_away(
    visit: Visit, alice: Membership, gwen: Guest, sender: Sender
):
    rule = "FREQ=WEEKLY;COUNT=3;BYDAY=TU"
    event = an_event(alice, start="2099-11-24 10:00", rrule=rule, attendees=[gwen], sender=sender)
    page = visit(alice, f"/events/{event.public_id}/edit/?recurrence_id=2099-12-01T10:00")
    repeat = page.get_by_label("Repeat", exact=True)
    for heading in (repeat, page.get_by_role("heading", name="Sender")):
        expect(heading).to_be_hidden()
    page.get_by_label("Starts").fill("2099-12-02")
    page.get_by_label("All dates").check()
    expect(repeat).to_be_visible()
    expect(page.get_by_role("checkbox", name="Wednesday")).to_be_checked()
    page.get_by_label("Only this date").check()
    expect(repeat).to_be_hidden()
    page.get_by_role("button", name="Save and tell 1 person").click()
    page.wait_for_url(f"**/events/{event.public_id}/?recurrence_id=**")
    assert event.overrides.get().start == wall("2099-12-02 10:00")


def test_create_sends_what_the_button_said(form: Page, alice: Membership):
    form.get_by_label("Title").fill("Contract review")
    pick(form, "gwen", "bob")
    button = form.get_by_role("button", name="Create and send 2 invitations")
    expect(form.locator("[data-told]")).to_have_text(
        "An invitation goes to Gwen López and Bob Baker."
    )
    assert not Delivery.objects.exists()
    button.click()
    form.wait_for_url("**/?date=2099-11-24*")
    expect(form.get_by_role("link", name="Contract review")).to_be_visible()
    assert Delivery.objects.count() == 2


def test_files_are_uploaded_at_once_and_kept(form: Page, tmp_path: Path):
    plan = tmp_path / "plan.txt"
    plan.write_text("plan")
    form.locator("#uploads").set_input_files([plan])
    expect_said(form, "plan.txt is uploaded")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_label("Title")).to_be_focused()
    expect(form.get_by_role("list", name="Files")).to_contain_text("plan.txt")
    form.get_by_label("Title").fill("Contract review")
    form.get_by_role("button", name="Create").click()
    form.wait_for_url("**/?date=2099-11-24*")
    assert [file.name for file in Event.objects.get().files.all()] == ["plan.txt"]


def test_rich_text_is_kept_and_cleaned(form: Page):
    form.get_by_label("Title").fill("Contract review")
    text = form.get_by_role("textbox", name="Description")
    text.focus()
    form.keyboard.type("Bring the ")
    form.keyboard.press("Control+b")
    form.keyboard.type("draft")
    form.get_by_role("button", name="Create").click()
    form.wait_for_url("**/?date=2099-11-24*")
    assert Event.objects.get().description == "<p>Bring the <b>draft</b></p>"


def test_the_sender_is_added_without_leaving(form: Page, alice: Membership, sender: Sender):
    form.get_by_label("Title").fill("Contract review")
    pick(form, "gwen")
    form.get_by_role("button", name="Add an address").click()
    dialog = form.get_by_role("dialog", name="Sender address")
    dialog.get_by_label("E-mail address").fill("events@acme.example")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_contain_text("events@acme.example")
    expect(dialog.get_by_label("Code")).to_be_visible()
    dialog.get_by_label("Code").fill("000000")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_role("button", name="Close").click()
    expect(form.get_by_label("Title")).to_have_value("Contract review")
    assert chips(form) == ["Gwen López guest"]


def test_no_javascript_no_problem(
    browser: Browser,
    live_server: LiveServer,
    sign_in: Callable[[Membership], Client],
    alice: Membership,
):
    context = browser.new_context(java_script_enabled=False)
    session = sign_in(alice).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + FORM)
    page.get_by_label("Title").fill("Contract review")
    page.locator("#id_description").fill("Plain words")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/agenda/**")
    assert Event.objects.get().description == "<p>Plain words</p>"
    context.close()
