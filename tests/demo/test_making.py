"""The demo's data is made once, as its people would make it, and survives a second start."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils.timezone import now

from convoca.accounts.models import Membership, Plan, Team, User
from convoca.calendars.models import Event, EventStatus, File, Room
from convoca.guests.models import Guest
from convoca.invitations.models import Rsvp
from convoca.mail import senders
from convoca.mail.models import Delivery
from convoca.worker import post
from convoca.worker.demo import cast, diary, making

TABLES = (User, Team, Membership, Room, Guest, Event, File, Rsvp, Delivery)


def counts() -> list[int]:
    return [table.objects.count() for table in TABLES]


@pytest.fixture
def demo(transactional_db, smtp, settings, tmp_path):
    """The demo as its first start leaves it, with the one mailbox that refuses."""
    settings.FILES_DIR = tmp_path / "files"
    smtp.refuse("RCPT", "550 5.1.1 gone", containing=cast.REFUSED_DOMAIN)
    making.make(deliver=post.send_due)
    post.send_due()
    return smtp


def test_demo_is_lively_and_made_once(demo):
    team = Team.objects.get()
    assert (team.name, team.plan) == (cast.NAME, Plan.BUSINESS)
    assert Membership.objects.count() == 5
    assert Room.objects.count() == 2
    assert Guest.objects.count() == len(cast.GUESTS)
    assert Event.objects.filter(span_start__lt=now()).count() >= 10
    assert Event.objects.filter(span_start__gt=now()).count() >= 10
    assert Event.objects.filter(status=EventStatus.CANCELLED).count() == 1
    assert File.objects.exclude(event=None).count() == 3

    before = counts()
    making.make(deliver=post.send_due)
    assert counts() == before


def test_demo_mails_are_of_every_kind(demo):
    assert_every_kind(demo)


def assert_every_kind(server):
    subjects = {mail.subject.split(":")[0] for mail in server.mails}
    assert subjects >= {"Invitación", "Invitation", "Changed", "Cancelado"}
    refused = Delivery.objects.filter(status=Delivery.Status.FAILED)
    assert {one.email for one in refused} == {cast.GUESTS["ramon"][0]}


def test_demo_leaves_one_employee_to_choose_a_sender(demo):
    members = {one.user.email.partition("@")[0]: one for one in Membership.objects.all()}
    chosen = {key: bool(senders.chosen(member)) for key, member in members.items()}
    assert chosen == {"lucia": True, "marc": True, "carmen": True, "emily": True, "nerea": False}


def test_interrupted_start_is_carried_on(demo):
    Rsvp.objects.all().delete()
    making.make(deliver=post.send_due)
    assert Rsvp.objects.exists()


def test_folder_of_a_real_installation_is_left_alone(alice):
    with pytest.raises(making.NotADemo):
        making.make(deliver=post.send_due)
    assert not Team.objects.filter(name=cast.NAME).exists()


@pytest.mark.parametrize(
    ("today", "monday"),
    [("2026-11-18", "2026-11-16"), ("2026-11-20", "2026-11-16"), ("2026-11-21", "2026-11-23")],
)
def test_liveliest_week_is_the_one_at_hand(today: str, monday: str):
    assert diary.first_monday(dt.date.fromisoformat(today)) == dt.date.fromisoformat(monday)


@pytest.mark.parametrize("today", ["2027-03-24", "2026-12-30"])
def test_demo_can_be_made_on_any_day(transactional_db, smtp, settings, tmp_path, today: str):
    """Also in the weeks when the clocks change, and over the turn of a year."""
    settings.FILES_DIR = tmp_path / "files"
    with time_machine.travel(f"{today}T10:00:00Z"):
        making.make(deliver=post.send_due)
    assert Rsvp.objects.exists()


def test_demo_mails_are_of_every_kind_at_the_end_of_the_week_too(
    transactional_db, smtp, settings, tmp_path
):
    settings.FILES_DIR = tmp_path / "files"
    smtp.refuse("RCPT", "550 5.1.1 gone", containing=cast.REFUSED_DOMAIN)
    with time_machine.travel("2026-11-27T20:00:00Z"):
        making.make(deliver=post.send_due)
        post.send_due()
    assert_every_kind(smtp)
