"""Save, change and cancel: who must hold what, in one transaction."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event, EventVersion
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation
from convoca.invitations.saving import scheduling
from convoca.invitations.saving.scheduling import NotAllowed, SenderNotConfirmed
from convoca.mail.models import Delivery, Sender
from convoca.notifications.models import Notification
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, part
from tests.invitations.saving import change, line, subjects


def test_a_new_event_is_saved_with_its_deliveries(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen, gus]))
    assert Delivery.objects.filter(wanted=1, sent=0, status="QUEUED").count() == 2
    mails = deliver()
    assert subjects(mails) == {gwen.email: "Invitación", gus.email: "Invitation"}
    assert set(Delivery.objects.values_list("status", "sent", "due_at")) == {("SENT", 1, None)}
    assert event.version == 1


def test_nothing_is_queued_when_the_save_fails(alice: Membership, gwen: Guest, sender: Sender):
    with pytest.raises(Invalid):
        scheduling.save_event(alice, draft(start=SOON, title=" ", sender=sender, attendees=[gwen]))
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    assert not Invitation.objects.exists()


def test_guests_need_a_sender(alice: Membership, gwen: Guest):
    with pytest.raises(Invalid) as refusal:
        scheduling.save_event(alice, draft(start=SOON, attendees=[gwen]))
    assert [error.field for error in refusal.value.errors] == ["sender"]
    assert not Event.objects.exists()


@pytest.mark.parametrize("flaw", [{"confirmed_at": None}, {"deleted_at": dt.datetime.now(dt.UTC)}])
def test_an_unusable_sender_is_refused(
    alice: Membership, gwen: Guest, sender: Sender, flaw: dict[str, Any]
):
    Sender.objects.filter(pk=sender.pk).update(**flaw)
    sender.refresh_from_db()
    with pytest.raises(Invalid) as refusal:
        scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    assert [error.field for error in refusal.value.errors] == ["sender"]


def test_mallory_cannot_send_from_alices_address(mallory: Membership, sender: Sender):
    typed = draft(start=SOON, sender=sender, attendees=[])
    with pytest.raises((SenderNotConfirmed, Invalid)):
        scheduling.save_event(mallory, typed)
    assert not Event.objects.exists()


def test_an_event_keeps_a_sender_that_was_removed(
    alice: Membership, meeting: Event, sender: Sender
):
    Sender.objects.filter(pk=sender.pk).update(deleted_at=dt.datetime.now(dt.UTC))
    change(alice, Event.objects.get(pk=meeting.pk), location="Room 5")
    assert len(deliver()) == 2


def test_a_new_sender_does_not_make_a_new_organizer(
    alice: Membership, meeting: Event, sender: Sender
):
    other = Sender.objects.create(
        team=alice.team,
        owner=alice,
        name="Front desk",
        email="desk@acme.example",
        email_key="desk@acme.example",
        confirmed_at=dt.datetime.now(dt.UTC),
    )
    mails = deliver()
    change(alice, meeting, sender=other, location="Room 5")
    mails = deliver()
    mail = mails["gwen@guest.example"]
    assert mail["From"].addresses[0].addr_spec == "desk@acme.example"
    calendar = part(mail, "calendar")
    assert line(calendar, "ORGANIZER").endswith("mailto:alice@acme.example")
    assert line(calendar, "UID") == f"UID:{meeting.uid}"


def test_a_change_tells_everyone_and_keeps_answers_unless_it_moves(
    alice: Membership, meeting: Event
):
    meeting.attendees.update(partstat="ACCEPTED")
    change(alice, meeting, location="Room 5")
    assert set(subjects(deliver()).values()) == {"Cambio", "Changed"}
    assert set(meeting.attendees.values_list("partstat", flat=True)) == {"ACCEPTED"}
    meeting.refresh_from_db()
    assert (meeting.sequence, meeting.version) == (0, 2)

    change(alice, meeting, start=wall("2035-11-28 10:00"), end=wall("2035-11-28 11:00"))
    meeting.refresh_from_db()
    assert (meeting.sequence, meeting.version) == (1, 3)
    assert set(meeting.attendees.values_list("partstat", flat=True)) == {"NEEDS-ACTION"}


def test_several_changes_before_the_post_goes_make_one_mail(alice: Membership, meeting: Event):
    change(alice, meeting, location="Room 5")
    change(alice, Event.objects.get(pk=meeting.pk), title="Signing")
    mails = deliver()
    text = part(mails["gus@guest.example"], "plain")
    assert "was: Room 4\n  is now: Room 5" in text
    assert "was: Contract review\n  is now: Signing" in text


def test_a_save_that_changes_nothing_mails_nobody(alice: Membership, meeting: Event):
    change(alice, meeting, reminders=[15], notify_answers=False)
    assert deliver() == {}
    assert EventVersion.objects.filter(event=meeting).count() == 1


def test_a_guest_added_later_gets_an_invitation_only(
    alice: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    hal = Guest.objects.create(
        team=alice.team, email="hal@guest.example", email_key="hal@guest.example", language="en"
    )
    change(alice, meeting, attendees=[gwen, gus, hal], notify="affected")
    assert subjects(deliver()) == {hal.email: "Invitation"}


def test_everyone_may_be_told_who_joined(
    alice: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    hal = Guest.objects.create(
        team=alice.team, email="hal@guest.example", email_key="hal@guest.example", language="en"
    )
    change(alice, meeting, attendees=[gwen, gus, hal])
    mails = deliver()
    assert subjects(mails) == {
        hal.email: "Invitation",
        gwen.email: "Cambio",
        gus.email: "Changed",
    }
    assert "Also invited: hal@guest.example" in part(mails[gus.email], "plain")


def test_a_removed_guest_gets_a_cancellation_only(
    alice: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    change(alice, meeting, attendees=[gus], notify="affected")
    mails = deliver()
    assert subjects(mails) == {gwen.email: "Invitación retirada"}
    calendar = part(mails[gwen.email], "calendar")
    assert line(calendar, "METHOD") == "METHOD:CANCEL"
    assert line(calendar, "SEQUENCE") == "SEQUENCE:1"
    assert "STATUS" not in calendar
    assert calendar.replace("\n ", "").count("ATTENDEE") == 1
    assert Invitation.objects.get(email_key=gwen.email_key).ended_at is not None


def test_who_was_never_reached_is_not_told_to_stay_away(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen, gus]))
    change(alice, event, attendees=[gus])
    assert subjects(deliver()) == {gus.email: "Invitation"}


def test_who_is_invited_again_gets_a_new_link_and_a_higher_sequence(
    alice: Membership, meeting: Event, gwens: Invitation, gwen: Guest, gus: Guest
):
    old = links.token(gwens)
    change(alice, meeting, attendees=[gus])
    deliver()
    change(alice, Event.objects.get(pk=meeting.pk), attendees=[gwen, gus])
    mails = deliver()
    assert subjects(mails)[gwen.email] == "Invitación"
    assert line(part(mails[gwen.email], "calendar"), "SEQUENCE") == "SEQUENCE:2"
    gwens.refresh_from_db()
    assert gwens.ended_at is None
    assert links.find(old) is None
    assert links.find(links.token(gwens)) == gwens


def test_a_link_stays_when_the_removal_was_never_told(
    alice: Membership, meeting: Event, gwens: Invitation, gwen: Guest, gus: Guest
):
    old = links.token(gwens)
    change(alice, meeting, attendees=[gus])
    change(alice, Event.objects.get(pk=meeting.pk), attendees=[gwen, gus])
    assert links.find(old) == gwens


def test_a_cancelled_event_says_so_to_everyone_reached(
    alice: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    scheduling.cancel_event(alice, meeting, message="The other side is ill.")
    mails = deliver()
    assert subjects(mails) == {gwen.email: "Cancelado", gus.email: "Cancelled"}
    assert "The other side is ill." in part(mails[gus.email], "plain")
    calendar = part(mails[gus.email], "calendar")
    assert line(calendar, "STATUS") == "STATUS:CANCELLED"
    scheduling.cancel_event(alice, Event.objects.get(pk=meeting.pk))
    assert deliver() == {}


def test_nothing_is_mailed_for_past_events(alice: Membership, gwen: Guest, sender: Sender):
    event = scheduling.save_event(
        alice, draft(start="2020-11-24 10:00", sender=sender, attendees=[gwen])
    )
    change(alice, event, title="It was a review")
    scheduling.cancel_event(alice, event)
    assert not Delivery.objects.exists()


def test_saved_without_sending_is_sent_with_the_next_save(
    alice: Membership, gwen: Guest, gus: Guest, sender: Sender
):
    typed = draft(start=SOON, sender=sender, attendees=[gwen, gus])
    event = scheduling.save_event(alice, typed, notify="none")
    assert deliver() == {}
    assert scheduling.audience(alice, draft_of(event), event).count == 2
    change(alice, event)
    assert len(deliver()) == 2


def test_who_missed_a_change_is_brought_up_to_date_later(alice: Membership, meeting: Event):
    change(alice, meeting, location="Room 5", notify="none")
    assert deliver() == {}
    change(alice, Event.objects.get(pk=meeting.pk), title="Signing")
    text = part(deliver()["gus@guest.example"], "plain")
    assert "was: Room 4\n  is now: Room 5" in text


def test_opted_out_guests_are_left_alone(alice: Membership, meeting: Event, gus: Guest):
    Guest.objects.filter(pk=gus.pk).update(opted_out_at=dt.datetime.now(dt.UTC))
    told = scheduling.audience(alice, dataclasses.replace(draft_of(meeting), title="X"), meeting)
    assert told.opted_out == ("Gus Gray",)
    change(alice, meeting, title="X")
    assert set(deliver()) == {"gwen@guest.example"}


def test_a_wish_for_no_mail_counts_for_what_waits_already(
    alice: Membership, meeting: Event, gus: Guest
):
    change(alice, meeting, title="X")
    Guest.objects.filter(pk=gus.pk).update(opted_out_at=dt.datetime.now(dt.UTC))
    assert set(deliver()) == {"gwen@guest.example"}


def test_colleagues_get_bell_and_mail_and_the_host_neither(
    alice: Membership, bob: Membership, sender: Sender
):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[alice, bob]))
    assert set(deliver()) == {bob.email}
    [bell] = Notification.objects.all()
    assert (bell.member, bell.kind, bell.event) == (bob, "INVITED", event)
    change(alice, event, title="Other", attendees=[])
    assert subjects(deliver()) == {bob.email: "No longer invited"}
    assert Notification.objects.latest("id").facts["is_removed"] is True


def test_a_colleague_may_want_the_bell_only(alice: Membership, bob: Membership, sender: Sender):
    Membership.objects.filter(pk=bob.pk).update(notify_by_email=False)
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[bob]))
    assert deliver() == {}
    assert Notification.objects.filter(member=bob).count() == 1


def test_colleagues_alone_need_no_choice_of_sender(
    alice: Membership, bob: Membership, sender: Sender, monkeypatch: pytest.MonkeyPatch
):
    event = scheduling.save_event(alice, draft(start=SOON, attendees=[bob]))
    expected = {bob.email} if event.sender else set()
    assert set(deliver()) == expected
    assert Notification.objects.filter(member=bob, kind="INVITED").exists()


def test_a_host_hears_when_an_administrator_changes_the_event(
    alice: Membership, bob: Membership, team: Any
):
    event = scheduling.save_event(bob, draft(start=SOON))
    change(alice, event, title="Other")
    [bell] = Notification.objects.filter(member=bob)
    assert (bell.kind, bell.facts["by"], bell.facts["changed"]) == (
        "CHANGED",
        "Alice Álvarez",
        ["summary"],
    )


def test_others_cannot_change_or_cancel(
    alice: Membership, bob: Membership, mallory: Membership, meeting: Event
):
    for stranger in (bob, mallory):
        with pytest.raises((NotAllowed, Event.DoesNotExist)):
            change(stranger, meeting, title="Taken over")
        with pytest.raises((NotAllowed, Event.DoesNotExist)):
            scheduling.cancel_event(stranger, meeting)
    meeting.refresh_from_db()
    assert (meeting.title, meeting.is_cancelled) == ("Contract review", False)
    assert deliver() == {}
