"""S18: the free plan has ten events with external guests, for the whole team."""

from __future__ import annotations

import pytest
from django.urls import reverse

from convoca.accounts.models import Plan, Usage
from convoca.calendars.models import Event
from tests.stories.doors import Api, Refused
from tests.support.together import at_once

TUESDAY = {"start": "2026-11-24T10:00", "end": "2026-11-24T11:00"}


def used(team, count: int) -> None:
    Usage.objects.update_or_create(team=team, defaults={"events_with_guests": count})


def test_s18_eleventh_event_is_refused_and_nothing_typed_is_lost(door, pages, team, gus, deliver):
    used(team, 10)
    with pytest.raises(Refused) as refusal:
        door.create(title="One too many", who=[gus], **TUESDAY)
    assert refusal.value.status == 409
    assert "10" in refusal.value.text
    assert not Event.objects.exists()
    assert deliver() == []
    if door is pages:
        form = pages.reader.page
        assert form.select_one("[name=title]")["value"] == "One too many"
        assert form.select_one(f"[data-chip-key='guest:{gus.public_id}']")
    else:
        assert refusal.value.typed["type"].endswith("/plan-limit")


def test_s18_first_guest_added_later_counts_too(door, team, gus, bob):
    used(team, 10)
    event = door.create(title="Among colleagues", who=[bob], **TUESDAY)
    with pytest.raises(Refused) as refusal:
        door.edit(event, add=[gus])
    assert refusal.value.status == 409
    assert not event.attendees.filter(kind="GUEST").exists()


def test_s18_series_counts_once_and_cancelling_gives_nothing_back(door, api, gus):
    event = door.create(title="Weekly", who=[gus], **TUESDAY)
    door.edit(event, title="Every week")
    door.cancel(event)
    assert api.get("/usage") == {"plan": "free", "events_with_guests": 1, "limit": 10}


def test_s18_business_has_no_limit(door, team, gus):
    used(team, 10)
    team.plan = Plan.BUSINESS
    team.save()
    door.create(title="The eleventh", who=[gus], **TUESDAY)
    assert Usage.objects.get().events_with_guests == 11


def test_s18_usage_is_shown(door, pages, team):
    used(team, 7)
    assert "7" in pages.reader.open(reverse("team")).text
    assert "10" in pages.reader.text


def test_s18_forty_at_once_at_nine_of_ten_let_one_through(api: Api, team, gus, chosen_sender):
    used(team, 9)

    def create() -> int:
        try:
            api_of_thread = Api.__new__(Api)
            api_of_thread.__dict__ |= {**api.__dict__, "client": type(api.client)()}
            api_of_thread.create(title="Lunch", who=[gus], **TUESDAY)
        except Refused as refusal:
            return refusal.status
        return 201

    assert sorted(at_once(*[create] * 40)) == [201] + [409] * 39
    assert Event.objects.count() == 1
    assert Usage.objects.get().events_with_guests == 10
