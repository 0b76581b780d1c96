"""A weekly meeting: each guest answers all dates or one, from wherever; the host moves one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.answers import answered
from convoca.invitations.models import Rsvp
from convoca.notifications import notify
from convoca.notifications.words import words
from tests.invitations.mailbox import GWEN, ics, mailbox, receive, reply
from tests.stories.conftest import links
from tests.stories.doors import Api, Refused
from tests.stories.reader import Reader
from tests.support.smtp import Mail

GUS = "gus@guest.example"
TUESDAYS = "FREQ=WEEKLY;COUNT=4"


@pytest.fixture
def standup(api: Api, chosen_sender, settings, gwen: Guest, gus: Guest) -> Event:
    """Four Tuesdays at ten in Madrid, with Gwen and Gus, in a house that takes replies."""
    settings.REPLY_DOMAIN = "reply.example"
    return api.create(
        title="Standup",
        start="2026-11-24T10:00",
        end="2026-11-24T10:30",
        recurrence=TUESDAYS,
        who=[gwen, gus],
    )


@pytest.fixture
def invitations(standup: Event, deliver) -> dict[str, Mail]:
    return by_address(deliver())


def by_address(mails: list[Mail]) -> dict[str, Mail]:
    return {mail.recipients[0]: mail for mail in mails if "/r/" in mail.html}


def in_gmails_way(event: Event, **dates: str) -> bytes:
    """Gwen's answer to all dates, and those to single ones, as Gmail sends them: one mail, UTC."""
    parts = [ics(event).replace("END:VCALENDAR\r\n", "")]
    for day, said in dates.items():
        parts.append(
            f"BEGIN:VEVENT\r\nUID:{event.uid}\r\nDTSTAMP:20261120T080000Z\r\nSEQUENCE:0\r\n"
            f"RECURRENCE-ID:2026{day.lstrip('d')}T090000Z\r\n"
            f"ATTENDEE;PARTSTAT={said}:mailto:{GWEN}\r\nEND:VEVENT\r\n"
        )
    headers = (
        "Sender: Google Calendar <calendar-notification@google.com>\r\n"
        "Auto-Submitted: auto-generated\r\n"
    )
    return reply("".join([*parts, "END:VCALENDAR\r\n"]), headers=headers)


def answers(api: Api, event: Event) -> dict[str, Any]:
    """Return who said what to the series, and to which dates otherwise."""
    return {
        one["email"]: (
            one["partstat"],
            {date["recurrence_id"][5:10]: date["partstat"] for date in one["dates"]},
        )
        for one in api.attendees(event)
    }


def everyone_answers(event: Event, invitations: dict[str, Mail], guest_opens) -> None:
    receive(in_gmails_way(event, d1201="DECLINED"), mailbox(event))
    guest_opens(invitations[GUS]).tick("All dates").press("Accept")
    page = guest_opens(invitations[GWEN])
    page.click("mar 15 dic 2026").press("Rechazar")


def test_each_answers_in_their_way_and_the_host_sees_which_date(
    standup: Event, api: Api, alice, invitations: dict[str, Mail], guest_opens, deliver, clock
):
    everyone_answers(standup, invitations, guest_opens)
    assert answers(api, standup) == {
        GWEN: ("ACCEPTED", {"12-01": "DECLINED", "12-15": "DECLINED"}),
        GUS: ("ACCEPTED", {}),
    }
    bell = [words(one).sentence for group in notify.page(alice) for one in group.all]
    assert bell[::-1] == [
        "Gwen López accepted all dates of “Standup”",
        "Gwen López declined “Standup”, Tue 1 Dec 2026, 10:00 (Madrid)",
        "Gus Gray accepted all dates of “Standup”",
        "Gwen López declined “Standup”, Tue 15 Dec 2026, 10:00 (Madrid)",
    ]
    [first] = deliver()
    clock.shift(answered.PAUSE)
    [others] = deliver()
    assert first.recipients == others.recipients == ("alice@acme.example",)
    assert others.message["Subject"].endswith("and 2 more")
    assert Event.objects.get(pk=standup.pk).sequence == 0


def test_the_host_moves_one_date_and_only_that_is_asked_again(
    standup: Event, door, api: Api, invitations: dict[str, Mail], guest_opens, deliver
):
    everyone_answers(standup, invitations, guest_opens)
    deliver()
    door.edit_date(standup, "2026-12-08T10:00", start="2026-12-09T12:00", end="2026-12-09T12:30")
    told = by_address(deliver())
    assert told[GUS].subject == "Changed: Standup, Wed 9 Dec 2026, 06:00 (New York)"
    assert told[GWEN].subject == "Cambio: Standup, mié 9 dic 2026, 12:00 (Madrid)"
    assert answers(api, standup) == {
        GWEN: ("ACCEPTED", {"12-01": "DECLINED", "12-08": "NEEDS-ACTION", "12-15": "DECLINED"}),
        GUS: ("ACCEPTED", {"12-08": "NEEDS-ACTION"}),
    }
    gwens = told[GWEN].calendar.replace("\r\n ", "").split("BEGIN:VEVENT")[1:]
    assert [("RECURRENCE-ID" in part, said(part)) for part in gwens] == [
        (False, "ACCEPTED"),
        (True, "DECLINED"),
        (True, "NEEDS-ACTION"),
        (True, "DECLINED"),
    ]
    page = Reader(Client()).open(links(told[GUS])[0])
    assert "Wednesday, 9 December 2026, 06:00–06:30" in page.text
    page.press("Maybe")
    assert answers(api, standup)[GUS] == ("ACCEPTED", {"12-08": "TENTATIVE"})


def said(component: str) -> str:
    line = next(one for one in component.splitlines() if "ATTENDEE" in one and GWEN in one)
    return line.partition("PARTSTAT=")[2].partition(";")[0]


def test_a_new_title_for_all_keeps_every_answer(
    standup: Event, door, api: Api, invitations: dict[str, Mail], guest_opens, deliver
):
    everyone_answers(standup, invitations, guest_opens)
    deliver()
    before = answers(api, standup)
    door.edit(standup, title="Daily")
    told = by_address(deliver())
    assert sorted(told) == [GUS, GWEN]
    assert told[GUS].subject == "Changed: Daily, Tue 24 Nov 2026, 04:00 (New York)"
    assert "Standup" not in told[GWEN].calendar
    assert answers(api, standup) == before


def test_mallory_sees_and_answers_no_date(
    standup: Event, mallory, invitations: dict[str, Mail], guest_opens, api: Api
):
    hers = Api(mallory)
    for path in ("", "/attendees", "/attendees?recurrence_id=2026-12-01T10:00"):
        with pytest.raises(Refused) as refusal:
            hers.get(f"/events/{standup.public_id}{path}")
        assert refusal.value.status == 404
    browser = Client()
    browser.force_login(mallory.user)
    url = reverse("event-answer", args=[standup.public_id])
    typed = {"partstat": "ACCEPTED", "recurrence_id": "2026-12-01T10:00"}
    assert browser.post(url, typed).status_code == 404
    receive(in_gmails_way(standup, d1201="DECLINED"), "rsvp+guessed@reply.example")
    assert not Rsvp.objects.exists()
    assert answers(api, standup)[GWEN] == ("NEEDS-ACTION", {})
