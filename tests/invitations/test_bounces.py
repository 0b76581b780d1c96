"""Mails that come back: whose they are, what the host reads, and the address corrected in place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event
from convoca.calendars.refusals import Conflict, NotAllowed
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.invitations.reaching import resending, trail
from convoca.invitations.reaching.correcting import correct_address
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, DeliveryAttempt, InboundMessage, Suppression
from convoca.mail.transport import verp
from convoca.notifications.models import Notification
from tests.builders import draft, wall
from tests.invitations.mailbox import GUS, GWEN, receive
from tests.invitations.post import deliver, deliver_all, part
from tests.invitations.saving import change_date

pytestmark = pytest.mark.usefixtures("reply_domain")


def report(message_id: str = "", status: str = "5.1.1", address: str = GWEN) -> bytes:
    """Return a delivery report as postfix writes it."""
    action = "failed" if status[0] in "45" else "delayed"
    returned = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n"
    return (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 No such user here\r\n\r\n"
        f"{returned if message_id else ''}--b--\r\n"
    ).encode()


def row(event: Event, who: str = GWEN) -> Delivery:
    delivery = Invitation.objects.get(event=event, email_key=who).delivery
    assert delivery is not None
    return delivery


def envelope(event: Event, who: str = GWEN) -> str:
    assert event.sender is not None
    return verp.envelope_from(row(event, who), event.sender)


def message_id(event: Event, who: str = GWEN) -> str:
    return DeliveryAttempt.objects.filter(delivery=row(event, who)).latest("id").message_id


def bounce(event: Event, status: str = "5.1.1", who: str = GWEN) -> InboundMessage:
    return receive(report(status=status, address=who), envelope(event, who), envelope_from="")


def test_a_report_marks_the_delivery_and_tells_the_host(meeting: Event):
    got = bounce(meeting)
    assert (got.outcome, got.detail) == ("APPLIED", "came back: UNKNOWN_ADDRESS")
    delivery = row(meeting)
    assert (delivery.status, delivery.reason, delivery.sent) == ("BOUNCED", "UNKNOWN_ADDRESS", 0)
    assert delivery.last_error == "5.1.1 550 No such user here"
    assert row(meeting, GUS).status == "SENT"
    [person] = Notification.objects.get(kind="FAILED").facts["people"]
    assert person["email"] == GWEN


def test_the_same_report_twice_counts_once(meeting: Event):
    bounce(meeting)
    again = receive(report() + b"\r\n", envelope(meeting), envelope_from="")
    assert again.outcome == "KEPT"
    assert Notification.objects.filter(kind="FAILED").count() == 1


@pytest.mark.parametrize(
    ("status", "reason", "is_suppressed"),
    [
        ("5.1.1", "UNKNOWN_ADDRESS", True),
        ("5.2.2", "FULL", False),
        ("5.7.1", "POLICY", False),
        ("4.4.7", "REFUSED", False),
    ],
)
def test_the_code_says_why(meeting: Event, status: str, reason: str, is_suppressed: bool):
    bounce(meeting, status)
    assert row(meeting).reason == reason
    assert Suppression.objects.filter(email_key=GWEN).exists() == is_suppressed


def test_a_delay_is_no_failure(meeting: Event):
    assert bounce(meeting, "2.0.0").outcome == "IGNORED"
    assert row(meeting).status == "SENT"


def test_a_report_to_the_sender_is_found_by_its_message_id(meeting: Event):
    received = receive(report(message_id(meeting)), "alice@acme.example", envelope_from="")
    assert received.outcome == "APPLIED"
    assert row(meeting).status == "BOUNCED"


def test_nobody_can_forge_a_report(meeting: Event):
    """Neither with a seal of their own, nor with the Message-ID of somebody else's mail."""
    number, _dot, _seal = envelope(meeting).partition(".")
    assert receive(report(), f"{number}.{'0' * 20}@reply.example", "").outcome == "IGNORED"
    forged = receive(report(message_id(meeting), address=GUS), "alice@acme.example", "")
    assert forged.outcome == "IGNORED"
    assert row(meeting).status == "SENT"


@pytest.mark.parametrize("message_id", ["<a\0b@acme.example>", "<" + "x" * 5000 + ">", "\udcff"])
def test_hostile_reports_do_no_harm(meeting: Event, message_id: str):
    content = report("ID", address="m\0@x").replace(b"ID", message_id.encode(errors="replace"), 1)
    assert receive(content, "alice@acme.example", "").outcome == "IGNORED"


def test_what_is_no_report_is_left_alone(meeting: Event):
    out_of_office = b"From: gwen@guest.example\r\nSubject: Away\r\n\r\nBack on Monday\r\n"
    assert receive(out_of_office, envelope(meeting)).outcome == "IGNORED"


def test_who_never_got_it_is_told_of_no_cancellation(meeting: Event, alice: Membership):
    bounce(meeting)
    scheduling.cancel_event(alice, meeting)
    assert set(deliver()) == {GUS}


def test_an_update_that_came_back_leaves_what_was_held(meeting: Event, alice: Membership):
    scheduling.save_event(alice, draft_of(meeting), meeting)  # nothing to tell
    moved = scheduling.save_event(alice, draft(start="2035-11-28 10:00", **kept(meeting)), meeting)
    deliver()
    bounce(moved, "5.2.2")
    assert (row(moved).sent, row(moved).wanted) == (1, 2)


def kept(event: Event) -> dict[str, object]:
    held = draft_of(event)
    return {"sender": held.sender, "attendees": held.attendees, "location": held.location}


def test_a_dead_address_is_written_to_only_when_asked(
    meeting: Event, alice: Membership, gwen: Guest, sender
):
    bounce(meeting)
    other = scheduling.save_event(
        alice, draft(start="2035-12-01 09:00", sender=sender, attendees=[gwen])
    )
    assert deliver() == {}
    assert (row(other).status, row(other).reason) == ("FAILED", "SUPPRESSED")
    resending.resend(alice, other, other.attendees.get())
    assert set(deliver()) == {GWEN}


def test_a_corrected_address_gets_the_invitation_and_keeps_the_history(
    meeting: Event, alice: Membership, gwen: Guest, gwens: Invitation
):
    old_link = links.token(gwens)
    bounce(meeting)
    attendee = meeting.attendees.get(email_key=GWEN)
    correct_address(alice, meeting, attendee, "Gwen.Lopez@guest.example")
    mails = deliver()
    assert set(mails) == {"Gwen.Lopez@guest.example"}
    mail = mails["Gwen.Lopez@guest.example"]
    assert "METHOD:REQUEST" in part(mail, "calendar")
    gwens.refresh_from_db()
    assert (gwens.email_key, gwens.delivery_id) == ("gwen.lopez@guest.example", row_id(gwens))
    assert links.find(old_link) is None
    gwen.refresh_from_db()
    assert gwen.email == "Gwen.Lopez@guest.example"


def test_a_correction_is_kept_with_who_and_when(meeting: Event, alice: Membership):
    correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), "g@guest.example")
    deliver()
    steps = trail.of(meeting, "g@guest.example")
    assert [step.what for step in steps] == ["SENT", "CORRECTED", "SENT", "INVITED"]
    assert (steps[1].email, steps[1].by) == (GWEN, alice.name)


def test_a_form_opened_before_a_correction_brings_the_old_address_not_back(
    meeting: Event, alice: Membership
):
    opened = replace(draft_of(meeting), revision=meeting.revision)
    correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), "g@guest.example")
    with pytest.raises(Conflict):
        scheduling.save_event(alice, opened, meeting)


def test_a_correction_goes_to_an_address_that_came_back_before(meeting: Event, alice: Membership):
    Suppression.objects.create(
        team=alice.team, email_key="g@guest.example", created_at=timezone.now()
    )
    correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), "g@guest.example")
    assert set(deliver()) == {"g@guest.example"}


@pytest.mark.parametrize("is_named", [True, False])
def test_a_late_report_of_the_former_address_does_no_harm(
    meeting: Event, alice: Membership, is_named: bool
):
    former, where = message_id(meeting), envelope(meeting)
    correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), "g@guest.example")
    deliver()
    got = receive(report(former if is_named else ""), where, envelope_from="")
    assert (got.outcome, got.detail) == ("KEPT", "about an address that was corrected since")
    assert row(meeting, "g@guest.example").status == "SENT"
    assert not Suppression.objects.exists()
    newer = report(message_id(meeting, "g@guest.example"), address="g@guest.example")
    assert receive(newer, where, envelope_from="").outcome == "APPLIED"
    assert row(meeting, "g@guest.example").status == "BOUNCED"


def row_id(invitation: Invitation) -> int:
    return DeliveryAttempt.objects.filter(outcome="BOUNCED").get().delivery_id


def test_others_hear_nothing_of_a_corrected_address(meeting: Event, alice: Membership):
    correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), "g@guest.example")
    assert set(deliver()) == {"g@guest.example"}
    meeting.refresh_from_db()
    scheduling.save_event(alice, draft(start="2035-11-28 10:00", **kept(meeting)), meeting)
    mails = deliver()
    assert set(mails) == {"g@guest.example", GUS}
    assert "invited" not in part(mails[GUS], "plain").partition("Who")[0].lower()


def test_other_events_of_the_guest_follow(meeting: Event, alice: Membership, gwen: Guest, sender):
    other = scheduling.save_event(
        alice, draft(start="2035-12-01 09:00", sender=sender, attendees=[gwen])
    )
    deliver()
    correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), "g@guest.example")
    assert other.attendees.get().email_key == "g@guest.example"
    assert set(deliver()) == {"g@guest.example"}


def test_who_is_on_one_date_only_is_corrected_too(
    meeting: Event, alice: Membership, gwen: Guest, gus: Guest, sender
):
    typed = draft(start="2035-12-01 09:00", sender=sender, attendees=[gus], rrule="FREQ=WEEKLY")
    series = scheduling.save_event(alice, typed)
    change_date(alice, series, wall("2035-12-08 09:00"), attendees=[gus, gwen])
    deliver()
    attendee = Attendee.objects.get(event__series=series, email_key=GWEN)
    correct_address(alice, series, attendee, "g@guest.example")
    mails = deliver_all()
    assert [address for address, _mail in mails] == ["g@guest.example"] * 2  # of the meeting, too
    attendee.refresh_from_db()
    assert attendee.email_key == "g@guest.example"
    assert not Attendee.objects.filter(email_key=GWEN).exists()


@pytest.mark.parametrize("email", [GWEN, GUS, "bob@acme.example", "nobody", "a@b.example\r\nX: y"])
def test_some_addresses_are_no_correction(
    meeting: Event, alice: Membership, bob: Membership, email: str
):
    with pytest.raises(Invalid):
        correct_address(alice, meeting, meeting.attendees.get(email_key=GWEN), email)
    assert deliver() == {}


def test_mallory_corrects_nothing(meeting: Event, mallory: Membership, bob: Membership):
    for stranger in (mallory, bob):
        with pytest.raises(NotAllowed):
            correct_address(
                stranger, meeting, meeting.attendees.get(email_key=GWEN), "m@evil.example"
            )
