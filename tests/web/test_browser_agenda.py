"""The agenda in a real browser: searching as one types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import Page, expect

from convoca.accounts.models import Membership
from tests.builders import an_event


def test_typing_finds_without_a_reload(visit: Callable[..., Page], alice: Membership):
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    for title, hour in (("Contract review", 10), ("Budget", 12)):
        an_event(alice, title=title, start=f"{soon:%Y-%m-%d} {hour}:00")
    page = visit(alice, "/agenda/")
    expect(page.get_by_role("link", name="Budget")).to_be_visible()
    page.evaluate("window.isSamePage = true")
    page.get_by_label("Search events").press_sequentially("contract")
    expect(page.get_by_role("link", name="Budget")).to_be_hidden()
    expect(page.get_by_role("link", name="Contract review")).to_be_visible()
    expect(page.get_by_label("Search events")).to_be_focused()
    page.wait_for_url("**/agenda/?q=contract*")
    assert page.evaluate("window.isSamePage")


def test_what_was_typed_before_the_script_came_is_found(
    visit: Callable[..., Page], alice: Membership
):
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    for title, hour in (("Contract review", 10), ("Budget", 12)):
        an_event(alice, title=title, start=f"{soon:%Y-%m-%d} {hour}:00")
    page = visit(alice, "/agenda/")
    page.route("**/static/dist/chunks/*", lambda _held_back: None)
    page.reload(wait_until="commit")
    page.get_by_label("Search events").press_sequentially("contract")
    expect(page.get_by_role("link", name="Budget")).to_be_visible()
    page.unroute("**/static/dist/chunks/*")
    expect(page.get_by_role("link", name="Budget")).to_be_hidden()
