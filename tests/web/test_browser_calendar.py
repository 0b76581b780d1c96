"""The calendar in a real browser: creating, the quick card, moving by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Sender
from tests.builders import an_event, wall

Visit = Callable[..., Page]
WEEK = "/?view=week&date=2099-11-24"


def the_event(page: Page, title: str = "Contract review"):  # type: ignore[no-untyped-def]
    return page.get_by_role("link", name=title).first


def drag(page: Page, title: str, dx: float, dy: float, grip: float = 0.4) -> None:
    box = the_event(page, title).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * grip
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


@pytest.fixture
def quiet(alice: Membership) -> Event:
    """Alice's meeting with nobody."""
    return an_event(alice, start="2099-11-24 10:00")


@pytest.fixture
def loud(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's meeting with Gwen."""
    return an_event(alice, start="2099-11-24 10:00", attendees=[gwen], sender=sender)


def starts(event: Event) -> object:
    event.refresh_from_db()
    return event.start


def test_a_click_on_a_day_opens_the_form(visit: Visit, alice: Membership):
    page = visit(alice, "/?view=month&date=2099-11-24")
    page.locator('[data-date="2099-11-26"]').click(position={"x": 60, "y": 70})
    page.wait_for_url("**/events/new/?date=2099-11-26")
    expect(page.get_by_label("Starts")).to_have_value("2099-11-26")


def test_dragging_a_span_opens_the_form_with_it(visit: Visit, alice: Membership):
    page = visit(alice, WEEK)
    lane = page.locator('[role="gridcell"][data-date="2099-11-25"]').last.bounding_box()
    line = page.get_by_text("11:00", exact=True).bounding_box()
    assert lane
    assert line
    x, y = lane["x"] + 40, line["y"] + 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 40, steps=4)
    page.mouse.move(x, y + 80, steps=4)
    page.mouse.up()
    page.wait_for_url("**/events/new/**")
    expect(page.get_by_label("Starts")).to_have_value("2099-11-25")
    expect(page.get_by_label("Start time")).to_have_value("11:00")
    expect(page.get_by_label("End time")).to_have_value("13:00")


def test_a_click_opens_the_card_and_escape_returns(visit: Visit, alice: Membership, loud: Event):
    page = visit(alice, WEEK)
    the_event(page).focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Contract review")
    expect(card).to_contain_text("Gwen López")
    expect(card.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(the_event(page)).to_be_focused()


def test_dragging_moves_at_once_when_nobody_is_told(visit: Visit, alice: Membership, quiet: Event):
    page = visit(alice, WEEK)
    drag(page, "Contract review", 0, 96)
    expect(page.locator("#toast")).to_have_text("“Contract review” is moved.")
    assert starts(quiet) == wall("2099-11-24 12:00")


def test_dragging_the_lower_edge_makes_it_longer(visit: Visit, alice: Membership, quiet: Event):
    page = visit(alice, WEEK)
    the_event(page).hover()
    drag(page, "Contract review", 0, 48, grip=0.97)
    expect(page.locator("#toast")).to_have_text("“Contract review” is moved.")
    quiet.refresh_from_db()
    assert (quiet.start, quiet.end) == (wall("2099-11-24 10:00"), wall("2099-11-24 12:00"))


def test_dragging_asks_when_somebody_is_told(visit: Visit, alice: Membership, loud: Event):
    page = visit(alice, WEEK)
    drag(page, "Contract review", 0, 96)
    dialog = page.get_by_role("dialog", name="Move event")
    expect(dialog).to_contain_text("Move “Contract review” to Tuesday 24 November, 12:00")
    dialog.get_by_label("Message to the attendees").fill("The room is taken.")
    dialog.get_by_role("button", name="Move and tell 1 person").click()
    expect(page.locator("#toast")).to_have_text("“Contract review” is moved.")
    assert starts(loud) == wall("2099-11-24 12:00")
    assert loud.versions.last().message == "The room is taken."
    assert Delivery.objects.filter(due_at__isnull=False).count() == 1


def test_thinking_better_of_it_puts_it_back(visit: Visit, alice: Membership, loud: Event):
    page = visit(alice, WEEK)
    drag(page, "Contract review", 0, 96)
    page.get_by_role("button", name="Leave it where it was").click()
    expect(the_event(page)).to_contain_text("10:00")
    assert starts(loud) == wall("2099-11-24 10:00")


def test_colleagues_cannot_drag(visit: Visit, bob: Membership, quiet: Event):
    page = visit(bob, WEEK)
    page.get_by_role("button", name="Team").click()
    drag(page, "Contract review", 0, 96)
    page.keyboard.press("Escape")
    the_event(page).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#said")).to_have_text("Only the host can move this event.")
    assert starts(quiet) == wall("2099-11-24 10:00")


def test_alt_and_arrows_move_with_spoken_times(visit: Visit, alice: Membership, quiet: Event):
    page = visit(alice, WEEK)
    the_event(page).focus()
    page.keyboard.down("Alt")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#said")).to_have_text("Wednesday 25 November, 10:15–11:15")
    page.keyboard.up("Alt")
    expect(page.locator("#toast")).to_have_text("“Contract review” is moved.")
    assert starts(quiet) == wall("2099-11-25 10:15")
    expect(the_event(page)).to_be_focused()


def test_the_toolbar_goes_and_the_address_remembers(visit: Visit, alice: Membership, quiet: Event):
    page = visit(alice, WEEK)
    expect(page.get_by_role("heading", level=1)).to_have_text("November 2099")
    page.get_by_role("button", name="Month").click()
    page.get_by_role("button", name="Forward").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("December 2099")
    expect(page.get_by_role("button", name="Month")).to_have_attribute("aria-pressed", "true")
    page.wait_for_url("**/?view=month&date=2099-12-*")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("December 2099")


def test_a_phone_starts_with_the_day(phone: Visit, alice: Membership):
    page = phone(alice, "/")
    expect(page.get_by_role("button", name="Day", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("link", name="New event")).to_be_visible()


def test_the_calendar_speaks_spanish(visit: Visit, alice: Membership, quiet: Event):
    alice.user.language = "es"
    alice.user.save()
    page = visit(alice, WEEK)
    expect(page.get_by_role("heading", level=1)).to_have_text("Noviembre 2099")
    expect(page.get_by_text("Todo el día")).to_be_visible()


@pytest.fixture
def series(alice: Membership, gwen: Guest, sender: Sender) -> Event:
    """Alice's weekly meeting with Gwen, on Tuesdays."""
    rule = "FREQ=WEEKLY;COUNT=3;BYDAY=TU"
    return an_event(alice, start="2099-11-24 10:00", rrule=rule, attendees=[gwen], sender=sender)


def test_dragging_one_date_of_a_series_moves_only_that(
    visit: Visit, alice: Membership, series: Event
):
    page = visit(alice, "/?view=week&date=2099-12-01")
    drag(page, "Contract review", 0, 96)
    dialog = page.get_by_role("dialog", name="Move event")
    expect(dialog).to_have_accessible_description(
        "Move “Contract review” to Tuesday 1 December, 12:00–13:00?"
    )
    expect(dialog.get_by_role("radio", name="Only this date")).to_be_checked()
    expect(dialog).to_contain_text("An invitation goes to Gwen López.")
    dialog.get_by_role("button", name="Move and tell 1 person").click()
    expect(page.locator("#toast")).to_have_text("“Contract review” is moved.")
    assert series.overrides.get().start == wall("2099-12-01 12:00")
    assert starts(series) == wall("2099-11-24 10:00")


def test_the_keyboard_moves_all_dates_or_takes_it_back(
    visit: Visit, alice: Membership, series: Event
):
    page = visit(alice, "/?view=week&date=2099-12-01")
    dialog = page.get_by_role("dialog", name="Move event")
    the_event(page).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(dialog).to_be_visible()
    said = page.locator("#said")
    expect(said).to_have_text("Wednesday 2 December, 10:00–11:00")
    page.keyboard.press("Escape")
    expect(said).to_have_text(
        "“Contract review” stays where it was: Tuesday 1 December, 10:00–11:00."
    )
    expect(the_event(page)).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    expect(dialog.get_by_role("radio", name="Only this date")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("radio", name="All dates")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_have_text("“Contract review” is moved.")
    assert starts(series) == wall("2099-11-25 10:00")
    assert (series.rrule, series.overrides.count()) == ("FREQ=WEEKLY;COUNT=3;BYDAY=WE", 0)


def test_one_date_is_called_off_from_the_card(visit: Visit, alice: Membership, series: Event):
    page = visit(alice, "/?view=week&date=2099-12-01")
    the_event(page).click()
    page.get_by_role("dialog", name="Contract review").get_by_role("link", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel event")
    expect(dialog.get_by_role("radio", name="Only this date")).to_be_checked()
    dialog.get_by_role("button", name="Cancel the chosen dates").click()
    page.wait_for_url(f"**/events/{series.public_id}/")
    series.refresh_from_db()
    assert series.exdates == ["2099-12-01T10:00:00"]
