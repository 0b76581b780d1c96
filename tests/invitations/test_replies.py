"""Answers that come by mail: whose program ever wrote them, and whoever else may write."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import NewGuest
from convoca.calendars.models import Attendee, Event
from convoca.guests.models import Guest
from convoca.invitations.answers import rsvp
from convoca.invitations.models import HeldAnswer, Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, DeliveryAttempt, InboundMessage, Sender
from convoca.notifications.models import Notification
from convoca.standards.ical.model import Partstat
from tests.builders import draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.mailbox import (
    GUS,
    GWEN,
    bell,
    ics,
    mail,
    mailbox,
    move,
    part,
    partstat,
    plain,
    receive,
    reply,
)
from tests.invitations.post import deliver, notices
from tests.invitations.post import part as body

Outcome = InboundMessage.Outcome


pytestmark = pytest.mark.usefixtures("reply_domain")


CASES = {
    "gmail": lambda event: reply(
        ics(event, f"ORGANIZER:mailto:{event.organizer_email}"),
        headers="Sender: calendar-notification@google.com\r\nAuto-Submitted: auto-generated\r\n",
    ),
    "exchange": lambda event: mail(
        part(
            "text/calendar; charset=windows-1252; method=REPLY",
            ics(
                event,
                "SUMMARY:Aceptada: Reunión",
                "DTSTART;TZID=Romance Standard Time:20351127T100000",
                uid=event.uid.upper(),
            ).encode("cp1252"),
        )
    ),
    "apple": lambda event: mail(part("text/calendar; charset=UTF-8", ics(event))),
    "thunderbird": lambda event: mail(
        b"Content-Type: text/calendar; method=REPLY; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: 8BIT\r\n\r\n" + ics(event, "COMMENT:ñ").encode() + b"\r\n",
        part('application/ics; name="invite.ics"', ics(event)),
    ),
    "proton": lambda event: reply(ics(event)),
}


@pytest.mark.parametrize("program", CASES)
def test_the_answer_of_every_program_counts(program: str, meeting: Event):
    row = receive(CASES[program](meeting), mailbox(meeting))
    assert (row.outcome, partstat(meeting)) == (Outcome.APPLIED, "ACCEPTED")
    answer = Rsvp.objects.get()
    assert (answer.source, answer.is_applied) == ("MAIL", True)
    assert answer.answered_at == dt.datetime(2026, 2, 2, 8, tzinfo=dt.UTC)
    assert partstat(meeting, GUS) == "NEEDS-ACTION"
    assert bell(meeting) == ["ANSWER"]


def test_a_comment_becomes_the_note(meeting: Event):
    receive(reply(ics(meeting, "COMMENT:¡Sí!", partstat="TENTATIVE")), mailbox(meeting))
    assert Attendee.objects.get(event=meeting, email_key=GWEN).note == "¡Sí!"


def test_token_in_the_headers_is_enough_for_a_pipe(meeting: Event):
    row = receive(reply(ics(meeting), to=mailbox(meeting)))
    assert row.outcome == Outcome.APPLIED


def test_the_same_message_is_worked_off_once(meeting: Event):
    content = reply(ics(meeting))
    receive(content, mailbox(meeting))
    receive(content.replace(b"\r\n", b"\n"), mailbox(meeting).upper())
    assert InboundMessage.objects.count() == Rsvp.objects.count() == 1


def test_a_copy_by_another_way_is_a_repetition(meeting: Event):
    receive(reply(ics(meeting)), mailbox(meeting))
    row = receive(reply(ics(meeting), headers="Received: by x\r\n"), mailbox(meeting))
    assert (row.outcome, row.detail) == (Outcome.IGNORED, "REPEATED")
    assert Rsvp.objects.count() == 1


def test_the_newest_answer_wins_in_whatever_order_they_come(meeting: Event):
    to = mailbox(meeting)
    newer = ics(meeting, partstat="DECLINED", dtstamp="20260203T080000Z")
    receive(reply(newer), to)
    older = receive(reply(ics(meeting)), to)
    again = receive(reply(ics(meeting), headers="Received: by x\r\n"), to)
    assert (older.outcome, again.outcome) == (Outcome.KEPT, Outcome.IGNORED)
    assert partstat(meeting) == "DECLINED"
    assert bell(meeting) == ["ANSWER"]
    assert list(Rsvp.objects.order_by("id").values_list("is_applied", flat=True)) == [True, False]


def test_a_click_after_a_mail_wins_and_a_mail_before_the_click_does_not(gwens: Invitation):
    event = gwens.event
    now = timezone.now()
    rsvp.record(gwens, Partstat.DECLINED, source=Rsvp.Source.WEB, now=now)
    receive(reply(ics(event)), mailbox(event))
    assert partstat(event) == "DECLINED"


def test_an_equal_answer_moves_the_clock_so_that_what_lies_between_is_late(gwens: Invitation):
    event = gwens.event
    for minute, said in (("00", "ACCEPTED"), ("10", "ACCEPTED"), ("05", "DECLINED")):
        text = ics(event, partstat=said, dtstamp=f"20260202T08{minute}00Z")
        receive(reply(text), mailbox(event))
    assert partstat(event) == "ACCEPTED"
    assert bell(event) == ["ANSWER"]


def test_an_answer_to_an_old_time_is_shown_and_answered_with_the_new_time(
    meeting: Event, alice: Membership
):
    old = ics(meeting)
    moved = move(alice, meeting)
    row = receive(reply(old), mailbox(moved))
    assert (row.outcome, partstat(moved)) == (Outcome.KEPT, "NEEDS-ACTION")
    fact = Notification.objects.get(event=moved, kind="ANSWER")
    assert fact.facts["is_applied"] is False
    mails = deliver()
    assert list(mails) == [GWEN]
    assert "20351128T100000" in body(mails[GWEN], "calendar")


def test_nothing_is_mailed_because_of_an_empty_envelope_sender(meeting: Event, alice):
    old = ics(meeting)
    moved = move(alice, meeting)
    for content in (reply(old), reply(ics(moved, method="REFRESH")), plain("Hello")):
        receive(content, mailbox(moved), envelope_from="<>")
    assert not Delivery.objects.filter(key__startswith="inbound:").exists()
    assert deliver() == {}


def test_refresh_sends_the_current_state_a_few_times_a_day(meeting: Event):
    for number in range(8):
        text = ics(meeting, method="REFRESH", dtstamp=f"20260202T0800{number:02}Z")
        receive(reply(text), mailbox(meeting))
        mails = deliver()
        assert list(mails) == ([GWEN] if number < 5 else [])
    assert partstat(meeting) == "NEEDS-ACTION"


def test_a_stranger_waits_for_the_host(meeting: Event):
    text = ics(meeting, "COMMENT:May I?", who="mia@crash.example")
    row = receive(reply(text), mailbox(meeting))
    assert row.outcome == Outcome.HELD
    held = HeldAnswer.objects.get()
    assert (held.why, held.email, held.note) == ("STRANGER", "mia@crash.example", "May I?")
    assert not Attendee.objects.filter(email_key="mia@crash.example").exists()
    assert bell(meeting) == ["HELD"]
    assert "mia@crash.example" in body(notices()[0], "plain")


def test_what_the_host_ignored_stays_ignored(meeting: Event):
    text = ics(meeting, who="mia@crash.example")
    receive(reply(text), mailbox(meeting))
    HeldAnswer.objects.update(decision=HeldAnswer.Decision.IGNORED)
    again = ics(meeting, who="mia@crash.example", partstat="TENTATIVE")
    assert receive(reply(again), mailbox(meeting)).outcome == Outcome.IGNORED
    assert bell(meeting) == ["HELD"]


def test_an_alias_in_the_thread_resembles_its_guest(meeting: Event, gwens: Invitation):
    sent = DeliveryAttempt.objects.get(delivery=gwens.delivery_id)
    text = ics(meeting, who="gwen@icloud.example")
    headers = f"In-Reply-To: {sent.message_id}\r\n"
    receive(reply(text, headers=headers), mailbox(meeting))
    assert HeldAnswer.objects.get().resembles == gwens
    assert partstat(meeting) == "NEEDS-ACTION"


def test_strangers_cannot_flood_the_host(meeting: Event, monkeypatch):
    monkeypatch.setattr("convoca.invitations.replies.holding.MOST", 1)
    for name in ("a", "b"):
        receive(reply(ics(meeting, who=f"{name}@crash.example")), mailbox(meeting))
    assert HeldAnswer.objects.count() == 1


def test_a_delegate_waits_for_the_host(meeting: Event):
    text = ics(meeting, partstat="DELEGATED").replace(
        ";PARTSTAT=DELEGATED", ';PARTSTAT=DELEGATED;DELEGATED-TO="mailto:dora@guest.example"'
    )
    receive(reply(text), mailbox(meeting))
    assert partstat(meeting) == "DELEGATED"
    held = HeldAnswer.objects.get()
    assert (held.why, held.email) == ("DELEGATE", "dora@guest.example")
    assert bell(meeting) == ["ANSWER", "HELD"]


def test_answers_to_single_dates_are_kept(alice, gwen, sender):
    series = scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gwen], rrule="FREQ=WEEKLY;COUNT=4"),
    )
    deliver()
    text = ics(series).replace(
        "END:VEVENT",
        f"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:{series.uid}\r\nDTSTAMP:20260202T080000Z\r\n"
        "RECURRENCE-ID:20351204T090000Z\r\n"
        f"ATTENDEE;PARTSTAT=DECLINED:mailto:{GWEN}\r\nEND:VEVENT",
    )
    receive(reply(text), mailbox(series))
    whole, single = Rsvp.objects.order_by("id")
    assert (whole.recurrence_id, whole.partstat, whole.is_applied) == (None, "ACCEPTED", True)
    assert (single.recurrence_id, single.partstat) == (wall("2035-12-04 10:00"), "DECLINED")
    assert partstat(series) == "ACCEPTED"
    assert Notification.objects.order_by("-id")[0].facts["start"] == "2035-12-04T10:00:00"


def test_a_mail_that_is_no_answer_reaches_the_host(meeting: Event):
    row = receive(plain("sí, pero media hora más tarde"), mailbox(meeting))
    assert row.outcome == Outcome.FORWARDED
    (passed_on,) = notices()
    assert passed_on["To"].addresses[0].addr_spec == "alice@acme.example"
    assert passed_on["Reply-To"].addresses[0].addr_spec == GWEN
    assert passed_on["Auto-Submitted"] == "auto-generated"
    assert "media hora más tarde" in body(passed_on, "plain")
    assert [one.get_filename() for one in passed_on.iter_attachments()] == ["message.eml"]
    back = receive(bytes(passed_on), mailbox(meeting), "alice@acme.example")
    assert (back.outcome, back.detail) == (Outcome.IGNORED, "an automatic mail")
    assert partstat(meeting) == "NEEDS-ACTION"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (mail(part('application/ms-tnef; name="winmail.dat"', b"\x78\x9f")), "winmail.dat"),
        (mail(part("text/calendar; method=REPLY", "nonsense")), "could not be read"),
    ],
)
def test_an_answer_nobody_can_read_is_told(content: bytes, word: str, meeting: Event):
    assert receive(content, mailbox(meeting)).outcome == Outcome.FORWARDED
    assert word in " ".join(body(notices()[0], "plain").split())


REPORT = (
    b"From: MAILER-DAEMON@guest.example\r\nSubject: failed\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    b"Final-Recipient: rfc822; gwen@guest.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--"
)


@pytest.mark.parametrize(
    "content",
    [
        REPORT,
        plain("I am away", headers="Auto-Submitted: auto-replied\r\n"),
        b"x" * 100,
        b"\xff\x00" * 50,
        b"",
        mail(*[part("text/plain", "x")] * 300),
    ],
)
def test_machines_and_rubbish_are_ignored(content: bytes, meeting: Event):
    row = receive(content, mailbox(meeting), envelope_from="")
    assert row.outcome == Outcome.IGNORED
    assert row.detail
    assert not Rsvp.objects.exists()


def test_an_answer_inside_a_forwarded_mail_is_none(meeting: Event):
    inner = reply(ics(meeting)).replace(b"=b", b"=c").replace(b"--b", b"--c")
    content = mail(b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert receive(content, mailbox(meeting)).outcome == Outcome.FORWARDED
    assert partstat(meeting) == "NEEDS-ACTION"


def test_nobody_answers_what_is_over(meeting: Event, time_machine):
    time_machine.move_to("2036-01-01T00:00Z")
    row = receive(reply(ics(meeting)), mailbox(meeting))
    assert (row.outcome, row.detail) == (Outcome.IGNORED, "the event is over")


def test_hostile_words_are_stored_harmlessly(meeting: Event):
    text = ics(
        meeting, "COMMENT:a\0b\ud800<script>", "SUMMARY:" + "x" * 99_999, who="m\0@crash.example"
    ).encode("utf-8", "surrogatepass")
    content = mail(part("text/calendar; method=REPLY", text), sender="m\0\u202e@x")
    assert receive(content, mailbox(meeting)).outcome in Outcome.values
    assert receive(content, "stranger@acme.example").outcome in Outcome.values
    mia = ics(meeting, "COMMENT:a\0b", who="mia@crash.example").replace(":mailto", ";CN=M\0:mailto")
    row = receive(reply(mia), mailbox(meeting))
    assert (row.outcome, HeldAnswer.objects.get().name) == (Outcome.HELD, "M")
    known = ics(meeting, "COMMENT:a\0b" + "y" * 99_999).encode()
    row = receive(mail(part("text/calendar; method=REPLY", known)), mailbox(meeting))
    assert (row.outcome, partstat(meeting)) == (Outcome.APPLIED, "ACCEPTED")
    assert len(Rsvp.objects.get().note) == rsvp.LONGEST_NOTE


def test_an_answer_reads_no_more_of_a_large_event(
    alice: Membership, sender: Sender, gwen: Guest, monkeypatch: pytest.MonkeyPatch
):
    from_db, read = Attendee.from_db.__func__, []

    def counted(cls: type[Attendee], *values: object) -> Attendee:
        read.append(values)
        return from_db(cls, *values)

    monkeypatch.setattr(Attendee, "from_db", classmethod(counted))
    counts = []
    for others in (1, 40):
        crowd = [NewGuest(email=f"g{number}@guest.example") for number in range(others)]
        typed = draft(start=SOON, sender=sender, attendees=[gwen, *crowd])
        event = scheduling.save_event(alice, typed)
        read.clear()
        receive(reply(ics(event)), mailbox(event))
        counts.append(len(read))
        assert partstat(event) == "ACCEPTED"
    assert counts[0] == counts[1] > 0
