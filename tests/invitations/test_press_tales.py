"""In any tale each guest gets from a press that is kept what would be written for them alone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations import messages
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.reaching import correcting
from convoca.invitations.reminding import nudging
from convoca.invitations.saving.scheduling import Scope
from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Claimed, Outcome, Outgoing
from convoca.standards.ical.model import Partstat
from tests.invitations.tale import Step, Tale
from tests.support.examples import examples

ANSWERS = [Partstat.ACCEPTED, Partstat.DECLINED, Partstat.TENTATIVE]
Status = Delivery.Status


class PressTale(Tale):
    """A tale in which mails are written in batches by one press, and some of them put off."""

    def __init__(self, host: Membership, sender: Sender, guests: list[Guest]) -> None:
        super().__init__(host, sender, guests)
        self.press = messages.Press(timezone.now())

    def play(self, kind: str, scope: Scope, number: int) -> None:
        if kind in {"answer", "correct", "language", "remind"}:
            invitations = Invitation.objects.filter(ended_at=None).order_by("id")
            if invitations:
                one = invitations[number % len(invitations)]
                getattr(self, kind)(one, scope, number)
        elif kind == "deliver":
            self.send(number)
        else:
            super().play(kind, scope, number)

    def answer(self, invitation: Invitation, scope: Scope, number: int) -> None:
        dates = [date for event, date in self.dates() if event == invitation.event]
        date = dates[number % len(dates)] if dates and scope == Scope.THIS else None
        with suppress(rsvp.Closed):
            rsvp.record(
                invitation,
                ANSWERS[number % 3],
                source=Rsvp.Source.WEB,
                now=timezone.now(),
                recurrence_id=date,
            )

    def correct(self, invitation: Invitation, scope: Scope, number: int) -> None:
        mine = Attendee.objects.filter(email_key=invitation.email_key)
        attendee = mine.filter(event=invitation.event).first()
        if attendee is not None:
            with suppress(Invalid):
                email = f"right{number}@guest.example"
                correcting.correct_address(self.host, invitation.event, attendee, email)

    def language(self, invitation: Invitation, scope: Scope, number: int) -> None:
        Invitation.objects.filter(pk=invitation.pk).update(language=["es", "en"][number % 2])

    def remind(self, invitation: Invitation, scope: Scope, number: int) -> None:
        with suppress(Invalid):
            nudging.nudge(self.host, Event.objects.get(pk=invitation.event_id))

    def send(self, number: int) -> None:
        """Write all that is due, as a batch and each alone; some arrives, the rest comes again."""
        Delivery.objects.filter(status=Status.DELAYED).update(due_at=timezone.now())
        while claim := outbox.claim(timezone.now()):
            together = {one.pk: made for one, made in messages.build(claim.deliveries, self.press)}
            for one in claim.deliveries:
                [(_one, alone)] = messages.build([one])
                assert together[one.pk] == alone
            rows = enumerate(claim.deliveries, number)
            outbox.complete(
                claim.lease, [_outcome(one, together[one.pk], at % 3 > 0) for at, one in rows]
            )


def _outcome(one: Claimed, made: object, has_arrived: bool) -> Outcome:
    is_mail = isinstance(made, Outgoing)
    status = (Status.SENT if has_arrived else Status.DELAYED) if is_mail else Status.DROPPED
    return Outcome(
        delivery_id=one.pk,
        version=made.version if isinstance(made, Outgoing) else one.claimed,
        status=status,
        at=timezone.now(),
        message_id=made.message_id if isinstance(made, Outgoing) else "",
        is_half=isinstance(made, Outgoing) and made.is_half,
    )


KINDS = ["title", "hour", "guest", "cancel", *["answer", "deliver"] * 2]
KINDS += ["correct", "language", "remind"]
STEPS = st.tuples(st.sampled_from(KINDS), st.sampled_from(list(Scope)), st.integers(0, 11))


@settings(max_examples=examples(12))
@example([("deliver", Scope.ALL, 1), ("title", Scope.THIS, 1), ("answer", Scope.THIS, 1)])
@example([("deliver", Scope.ALL, 1), ("title", Scope.ALL, 0), ("correct", Scope.ALL, 0)])
@given(st.lists(STEPS, min_size=3, max_size=10))
def test_a_kept_press_writes_what_is_written_for_each_alone(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest, time_machine: Any, steps: list[Step]
):
    time_machine.move_to("2035-11-01T10:00Z", tick=False)
    with transaction.atomic():
        kin = [f"kin{number}@guest.example" for number in range(4)]
        guests = [Guest(team=alice.team, email=one, email_key=one) for one in kin]
        Guest.objects.bulk_create(guests)
        tale = PressTale(alice, sender, [gwen, *guests, gus])
        for step in steps:
            tale.play(*step)
            tale.send(step[2])
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def replies(settings: Any) -> None:
    settings.REPLY_DOMAIN = "reply.example"
