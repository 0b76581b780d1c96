"""S14: as soon as the guest answers, the host knows: bell at once, and an e-mail."""

from __future__ import annotations

import pytest
from django.urls import reverse

from convoca.invitations.models import Rsvp
from convoca.notifications.models import Notification
from tests.stories.conftest import links
from tests.stories.doors import Api

LUNCH = {"title": "Lunch", "start": "2026-11-24T14:00", "end": "2026-11-24T15:00"}


@pytest.fixture
def event(door, gus, deliver):
    return door.create(**LUNCH, who=[gus])


@pytest.fixture
def invitation(event, deliver):
    [mail] = deliver()
    return mail


@pytest.mark.parametrize(
    ("button", "partstat"),
    [("Accept", "ACCEPTED"), ("Maybe", "TENTATIVE"), ("Decline", "DECLINED")],
)
def test_s14_answer_rings_the_bell_and_is_mailed(
    event, alice, invitation, pages, deliver, guest_opens, button: str, partstat: str
):
    guest_opens(invitation).fill("Note", "See you there").press(button)

    [line] = Api(alice).attendees(event)
    assert (line["partstat"], line["note"]) == (partstat, "See you there")
    assert line["answered_at"] is not None
    bell = pages.reader.open(reverse("bell")).text
    assert "Gus Gray" in bell
    assert "See you there" in bell
    assert "Lunch" in bell
    [mail] = deliver()
    assert mail.recipients == ("alice@acme.example",)
    assert "Gus Gray" in mail.text
    assert "See you there" in mail.text


def test_s14_opening_the_link_answers_nothing(event, invitation, deliver, guest_opens):
    for link in links(invitation):
        page = guest_opens(invitation)
        page.open(link)
        assert page.status == 200
    assert not Rsvp.objects.exists()
    assert not Notification.objects.exists()
    assert deliver() == []


def test_s14_guest_changes_the_answer(event, alice, invitation, deliver, guest_opens):
    guest_opens(invitation).press("Accept")
    deliver()
    guest_opens(invitation).press("Decline")
    assert [line["partstat"] for line in Api(alice).attendees(event)] == ["DECLINED"]
    kinds = [one["kind"] for one in Api(alice).get("/notifications")]
    assert kinds == ["ANSWER", "ANSWER"]


def test_s14_colleague_answers_in_the_app(door, alice, bob, deliver):
    event = door.create(**LUNCH, who=[bob])
    deliver()
    colleague = type(door)(bob) if not isinstance(door, Api) else None
    if colleague is None:
        pytest.skip("members answer in the pages")
    colleague.reader.open(reverse("event", args=[event.public_id])).press("Accept")
    [line] = [one for one in Api(alice).attendees(event) if one["kind"] == "member"]
    assert line["partstat"] == "ACCEPTED"
    assert [one["kind"] for one in Api(alice).get("/notifications")] == ["ANSWER"]


def test_s14_host_who_wants_no_mail_gets_only_the_bell(
    event, alice, invitation, api, deliver, guest_opens
):
    api.call("patch", "/settings", {"notify_by_email": False})
    guest_opens(invitation).press("Accept")
    assert deliver() == []
    assert len(api.get("/notifications")) == 1
