"""S13: the invitation has buttons to answer and all of the event, for people and for programs."""

from __future__ import annotations

import icalendar
import pytest

from tests.stories.conftest import links

REVIEW = {
    "title": "Contract review",
    "start": "2026-11-24T10:00",
    "end": "2026-11-24T11:30",
    "location": "Calle Mayor 5",
    "description": "Bring the contract.",
    "message": "I look forward to it.",
}
FACTS = ["Contract review", "Calle Mayor 5", "Bring the contract.", "I look forward to it."]
FACTS += ["Alice Álvarez", "Bob Baker", "plan.pdf"]


@pytest.fixture
def invitation(door, gus, gwen, bob, deliver):
    door.create(**REVIEW, who=[gus, bob], files=[("plan.pdf", b"%PDF-1.4")])
    return next(mail for mail in deliver() if "gus@guest.example" in mail.recipients)


@pytest.mark.parametrize("fact", FACTS)
def test_s13_invitation_says_everything(invitation, fact: str):
    assert fact in invitation.html
    assert fact in invitation.text


def test_s13_date_is_spelled_out_in_both_zones(invitation):
    """Gus lives in New York, six hours behind the meeting."""
    for body in (invitation.html, invitation.text):
        assert "Tuesday" in body
        assert "24 November 2026" in body or "November 24, 2026" in body
        assert "10:00" in body or "10:00 AM" in body
        assert "4:00" in body
    assert invitation.subject.startswith("Invitation: Contract review")


def test_s13_buttons_answer_on_the_guests_own_page(invitation):
    buttons = links(invitation)
    assert len({url.split("?")[0] for url in buttons[:3]}) == 1
    assert len(set(buttons[:3])) == 3
    for word in ("Accept", "Maybe", "Decline"):
        assert word in invitation.html
        assert word in invitation.text


def test_s13_programs_get_the_request(invitation):
    calendar = icalendar.Calendar.from_ical(invitation.calendar)
    [event] = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event["SUMMARY"] == "Contract review"
    assert event["LOCATION"] == "Calle Mayor 5"
    assert event["ORGANIZER"] == "mailto:alice@acme.example"
    assert event["DTSTART"].dt.isoformat() == "2026-11-24T10:00:00+01:00"
    assert event["SEQUENCE"] == 0


def test_s13_hidden_guest_list_shows_nobody_else(door, gus, gwen, deliver):
    door.create(**REVIEW, who=[gus, gwen], hide_guests=True)
    mail = next(mail for mail in deliver() if "gus@guest.example" in mail.recipients)
    for part in (mail.html, mail.text, mail.calendar):
        assert "gwen" not in part.lower()
