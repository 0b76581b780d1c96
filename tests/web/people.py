"""A team whose every page about people has something to show, and where those pages are."""

from __future__ import annotations

from django.utils import timezone

from convoca.accounts import joining, tokens
from convoca.accounts.models import Membership, Role, Team, Usage
from convoca.calendars.models import Room
from convoca.guests.models import Guest
from convoca.mail.models import Delivery, Mailbox, Sender
from convoca.mail.proofs import trials
from convoca.notifications import notify
from convoca.notifications.models import Notification
from convoca.notifications.words import event_facts
from tests import builders

ENTRANCE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-wrong/",
    "/join/wrong/",
]
ACCOUNT = [
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/reauthenticate/",
    "/accounts/logout/",
]


def furnish(alice: Membership, bob: Membership, gwen: Guest) -> list[str]:
    """Fill the team, and return the pages that Alice can open."""
    Usage.objects.create(team=alice.team, events_with_guests=7)
    room = Room.objects.create(team=alice.team, name="Retiro", capacity=8)
    _, invitation = joining.invite(alice, email="carol@acme.example", role=Role.MEMBER)
    tokens.issue(alice, "CRM")
    Membership.objects.create(user=alice.user, team=Team.objects.create(name="Dos"))
    waiting = _sender(alice, "eventos@acme.example", confirmed=False)
    _sender(bob, "hola@acme.example", confirmed=True)
    reading = _sender(alice, "info@acme.example", confirmed=True)
    _connect(reading)
    _test(alice, reading)
    _connect(_sender(alice, "citas@acme.example", confirmed=True), reason="LOGIN")
    _ring(alice)
    return [
        "/guests/",
        "/guests/?q=zzz",
        "/guests/new/",
        f"/guests/{gwen.public_id}/edit/",
        f"/guests/{gwen.public_id}/delete/",
        "/senders/",
        "/senders/new/",
        f"/senders/{waiting.public_id}/confirm/",
        f"/senders/{waiting.public_id}/delete/",
        f"/senders/{reading.public_id}/mailbox/",
        f"/senders/{reading.public_id}/test/",
        "/settings/",
        "/team/",
        "/team/settings/",
        f"/team/{bob.public_id}/remove/",
        f"/team/{alice.public_id}/remove/",
        "/team/rooms/new/",
        f"/team/rooms/{room.public_id}/edit/",
        f"/team/rooms/{room.public_id}/remove/",
        "/bell/",
        *ACCOUNT,
        f"/join/{invitation}/",
    ]


def _test(owner: Membership, sender: Sender) -> None:
    """Let a test mail have arrived, with a word of its server for each thing it can say."""
    trial = trials.send(owner, sender)
    Delivery.objects.filter(pk=trial.delivery_id).update(status="SENT", due_at=None)
    trials.note_arrival(trial.message_id, ["mx; spf=pass; dkim=none; dmarc=fail"])


def _sender(owner: Membership, email: str, *, confirmed: bool) -> Sender:
    return Sender.objects.create(
        team=owner.team,
        owner=owner,
        name="Acme",
        email=email,
        email_key=email,
        available_to_everyone=confirmed,
        confirmed_at=timezone.now() if confirmed else None,
    )


def _connect(sender: Sender, reason: str = "") -> None:
    now = timezone.now()
    Mailbox.objects.create(
        sender=sender,
        host="imap.acme.example",
        port=993,
        security="tls",
        username=sender.email,
        uidvalidity=1,
        last_uid=1,
        connected_at=now,
        looked_at=now,
        reason=reason,
        failing_since=now if reason else None,
        stopped_at=now if reason else None,
    )


def _ring(member: Membership) -> None:
    event = builders.an_event(member, title="Contrato")
    answer = {"partstat": "ACCEPTED", "note": "Hola", "is_applied": True}
    for name in ("Gwen", "Gus"):
        facts = event_facts(event) | answer | {"name": name}
        notify.tell(member, Notification.Kind.ANSWER, event, facts, name)
