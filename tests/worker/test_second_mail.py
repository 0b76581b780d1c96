"""A change that one message cannot say takes two mails: in order, and both, whatever happens."""

import dataclasses

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars import snapshot
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import invitees
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.mail import outbox
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from convoca.mail.outbox import journal
from convoca.mail.transit import Outcome
from convoca.notifications.models import Notification
from convoca.standards.ical import model as ical
from convoca.standards.itip.changes import effective
from convoca.standards.itip.outgoing import plan
from convoca.worker import post
from tests.builders import draft
from tests.support.due import try_again
from tests.support.smtp import SmtpServer

GWEN = "gwen@guest.example"
Status = Delivery.Status


@pytest.fixture(autouse=True)
def quick(settings, tmp_path, time_machine):
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    settings.DATA_DIR = tmp_path
    time_machine.move_to("2026-11-20T10:00Z", tick=True)


@pytest.fixture
def series(alice: Membership, sender: Sender, gwen: Guest, gus: Guest, smtp: SmtpServer) -> Event:
    """A weekly meeting both guests hold, from whose dates Gwen is to keep the second one only."""
    event = scheduling.save_event(
        alice,
        draft(sender=sender, attendees=[gwen, gus], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    post.send_due()
    smtp.mails.clear()
    return Event.objects.get(pk=event.pk)


@pytest.fixture
def narrowed(series: Event) -> Event:
    """The same, and the mails that say so are due."""
    held = snapshot.load(series, series.version)
    assert held is not None
    assert held.master is not None
    second = effective(held, held.master.start.replace(month=12, day=1))
    assert second is not None
    rest = tuple(one for one in held.master.attendees if one.address != GWEN)
    master = dataclasses.replace(held.master, attendees=rest)
    return show(series, ical.Event(master=master, overrides=(second,)))


def show(event: Event, after: ical.Event) -> Event:
    """Keep a version and ask that Gwen hold it, as a save does."""
    planned = plan(snapshot.load(event, event.version), after, timezone.now()).event
    snapshot.record(event, planned, "", None)
    key = invitees.delivery_key(event, GWEN)
    outbox.want({key: GWEN}, team=event.team, sender=event.sender, version=event.version)
    return event


def be_killed_after(lines: journal.Journal, outcome: Outcome) -> None:
    lines.hand(outcome.delivery_id)
    lines.note(outcome)
    raise KeyboardInterrupt


def stop_after_one():
    answers = iter([False, False])
    return lambda: next(answers, True)


def told(smtp: SmtpServer) -> list[tuple[str, bool]]:
    """Return of each mail to Gwen its method and whether it is about one date."""
    return [
        (mail.calendar.partition("METHOD:")[2].split()[0], "RECURRENCE-ID" in mail.calendar)
        for mail in smtp.to(GWEN)
    ]


def row() -> Delivery:
    return Delivery.objects.get(email=GWEN)


BOTH = [("CANCEL", False), ("REQUEST", True)]


def test_both_mails_are_sent_in_order_and_counted_as_one_version(narrowed: Event, smtp: SmtpServer):
    assert post.send_due() == 2
    assert told(smtp) == BOTH
    assert (row().status, row().sent, row().half_sent) == ("SENT", narrowed.version, 0)
    ids = [mail.message["Message-ID"] for mail in smtp.to(GWEN)]
    first = Invitation.objects.get(event=narrowed, email_key=GWEN)
    tries = DeliveryAttempt.objects.filter(delivery=first.delivery_id).order_by("id")
    assert [one.message_id for one in tries][1:] == ids
    assert len(set(ids)) == 2
    assert post.send_due() == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [("451 4.2.1 Busy", Status.DELAYED), ("550 5.7.1 No", Status.FAILED)],
)
def test_a_refused_second_mail_is_all_that_is_sent_again(
    narrowed: Event, smtp: SmtpServer, answer: str, status: str
):
    post.send_due(stop_after_one())
    smtp.refuse("RCPT", answer, containing="gwen", times=1)
    post.send_due()
    assert (row().status, row().half_sent, row().sent) == (status, narrowed.version, 1)
    assert Notification.objects.filter(kind="FAILED").exists() == (status == Status.FAILED)
    outbox.want_again(row(), sender=narrowed.sender)
    post.send_due()
    assert told(smtp) == BOTH
    assert (row().status, row().sent) == ("SENT", narrowed.version)


def test_a_refused_first_mail_keeps_the_second_back(narrowed: Event, smtp: SmtpServer):
    smtp.refuse("RCPT", "550 5.1.1 No such user", containing="gwen", times=1)
    post.send_due()
    assert (row().status, row().half_sent) == ("FAILED", 0)
    assert told(smtp) == []


def test_a_worker_killed_between_the_two_leaves_the_second_to_the_next(
    narrowed: Event, smtp: SmtpServer
):
    claim = outbox.claim(timezone.now())
    assert claim
    [delivery] = claim.deliveries
    outcome = Outcome(
        delivery_id=delivery.pk,
        version=narrowed.version,
        status=Status.SENT,
        at=timezone.now(),
        is_half=True,
    )
    with pytest.raises(KeyboardInterrupt), journal.journal(claim.lease) as lines:
        be_killed_after(lines, outcome)
    post.recover_killed()
    assert post.send_due() == 1
    assert told(smtp) == BOTH[1:]


def test_a_worker_killed_with_the_second_in_hand_repeats_only_that(
    narrowed: Event, smtp: SmtpServer
):
    post.send_due(stop_after_one())
    smtp.drop("REPLY", containing="gwen", times=1)
    post.send_due()
    try_again()
    post.send_due()
    assert told(smtp) == [*BOTH, BOTH[1]]
    ids = [mail.message["Message-ID"] for mail in smtp.to(GWEN)]
    assert ids[1] == ids[2]
    assert row().sent == narrowed.version


def test_what_was_begun_is_finished_before_what_came_since(narrowed: Event, smtp: SmtpServer):
    post.send_due(stop_after_one())
    held = snapshot.load(narrowed, narrowed.version)
    assert held is not None
    show(narrowed, held.map(lambda part: dataclasses.replace(part, location="Ritz")))
    post.send_due()
    assert told(smtp) == [*BOTH, ("REQUEST", True)]
    assert ["Ritz" in mail.calendar for mail in smtp.to(GWEN)] == [False, False, True]
    assert row().sent == narrowed.version


def test_who_was_uninvited_meanwhile_is_not_invited_first(narrowed: Event, smtp: SmtpServer):
    post.send_due(stop_after_one())
    held = snapshot.load(narrowed, narrowed.version)
    assert held is not None
    show(narrowed, dataclasses.replace(held, overrides=()))
    post.send_due()
    assert told(smtp) == BOTH[:1]
    assert (row().status, row().sent, row().half_sent) == ("SENT", narrowed.version, 0)
