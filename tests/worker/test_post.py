"""The post goes out: from a saved event to the guest's mailbox, whatever happens on the way."""

import pytest
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import messages, notices
from convoca.invitations.saving import scheduling
from convoca.mail import outbox
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from convoca.mail.outbox import journal
from convoca.mail.traffic import lanes
from convoca.mail.transit import Outcome
from convoca.notifications.models import Notification
from convoca.worker import post
from tests.builders import draft
from tests.support.due import try_again
from tests.support.smtp import SmtpServer

Status = Delivery.Status


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to("2026-11-20T10:00Z", tick=True)
    return time_machine


@pytest.fixture(autouse=True)
def quick(settings, tmp_path):
    settings.SMTP_TIMEOUT = settings.SMTP_CONNECT_TIMEOUT = 10
    settings.DATA_DIR = tmp_path


@pytest.fixture
def event(alice: Membership, sender: Sender, gwen: Guest, gus: Guest) -> Event:
    return scheduling.save_event(alice, draft(sender=sender, attendees=[gwen, gus]))


def statuses() -> dict[str, str]:
    rows = Delivery.objects.filter(kind=Delivery.Kind.INVITATION)
    return dict(rows.values_list("email", "status"))


def invitations_to(smtp: SmtpServer, address: str) -> list[str]:
    return [mail.calendar.partition("METHOD:")[2].split()[0] for mail in smtp.to(address)]


def test_a_saved_event_reaches_its_guests(event: Event, smtp: SmtpServer):
    assert smtp.mails == []
    assert post.send_due() == 2
    assert statuses() == {"gwen@guest.example": "SENT", "gus@guest.example": "SENT"}
    (mail,) = smtp.to("gwen@guest.example")
    assert mail.sender == "alice@acme.example"
    assert "METHOD:REQUEST" in mail.calendar
    assert post.send_due() == 0


def test_who_is_killed_right_after_claiming_holds_nothing_up(
    event: Event, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
):
    """What was claimed is free as soon as the worker is found dead, not when its lease ends."""
    claim = outbox.claim_from

    def claim_and_die(*arguments: object, **options: object) -> None:
        claim(*arguments, **options)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "claim_from", claim_and_die)
        with pytest.raises(KeyboardInterrupt):
            post.send_due()
    assert set(statuses().values()) == {"SENDING"}
    post.recover_killed()
    assert post.send_due() == 2


def test_the_ledger_holds_the_servers_words(event: Event, smtp: SmtpServer):
    smtp.refuse("RCPT", "451 4.2.1 Busy", containing="gwen", times=1)
    post.send_due()
    try_again()
    post.send_due()
    tries = DeliveryAttempt.objects.filter(delivery__email="gwen@guest.example")
    assert [(one.outcome, one.code, one.response) for one in tries] == [
        ("DELAYED", 451, "4.2.1 Busy"),
        ("SENT", 250, "2.0.0 Kept"),
    ]
    assert len(smtp.to("gwen@guest.example")) == 1


def test_a_refused_guest_is_marked_and_the_host_is_told(
    event: Event, smtp: SmtpServer, alice: Membership
):
    smtp.refuse("RCPT", "550 5.1.1 No such user", containing="gwen")
    post.send_due()
    assert statuses() == {"gwen@guest.example": "FAILED", "gus@guest.example": "SENT"}
    told = Notification.objects.get()
    assert (told.member, told.kind) == (alice, Notification.Kind.FAILED)


def test_a_host_who_cannot_be_told_does_not_undo_what_is_known(
    event: Event, smtp: SmtpServer, monkeypatch
):
    def fail(deliveries):
        raise RuntimeError("a bug")

    monkeypatch.setattr(notices, "delivery_failed", fail)
    smtp.refuse("RCPT", "550 5.1.1 No such user", containing="gwen")
    post.send_due()
    assert statuses() == {"gwen@guest.example": "FAILED", "gus@guest.example": "SENT"}


def test_a_server_that_is_down_delays_all_and_loses_none(event: Event, smtp: SmtpServer):
    smtp.shut()
    post.send_due()
    assert set(statuses().values()) == {"DELAYED"}
    smtp.heal()
    try_again()
    post.send_due()
    assert set(statuses().values()) == {"SENT"}
    assert len(smtp.mails) == 2


def test_an_answer_that_was_lost_repeats_the_same_message_id(event: Event, smtp: SmtpServer):
    smtp.drop("REPLY", containing="gwen", times=1)
    post.send_due()
    try_again()
    post.send_due()
    ids = {mail.message["Message-ID"] for mail in smtp.to("gwen@guest.example")}
    assert len(smtp.to("gwen@guest.example")) == 2
    assert len(ids) == 1


def test_cancelled_before_it_was_sent_nobody_hears_of_it(
    event: Event, alice: Membership, smtp: SmtpServer
):
    scheduling.cancel_event(alice, event)
    post.send_due()
    assert statuses() == {"gwen@guest.example": "DROPPED", "gus@guest.example": "DROPPED"}
    assert smtp.mails == []


def test_cancelled_after_a_lost_answer_the_guest_is_told(
    event: Event, alice: Membership, smtp: SmtpServer
):
    """Whoever may have got the invitation must get the cancellation."""
    smtp.drop("REPLY", containing="gwen", times=1)
    smtp.refuse("RCPT", "451 4.2.1 Busy", containing="gus", times=1)
    post.send_due()
    scheduling.cancel_event(alice, event)
    try_again()
    post.send_due()
    assert invitations_to(smtp, "gwen@guest.example") == ["REQUEST", "CANCEL"]
    assert statuses() == {"gwen@guest.example": "SENT", "gus@guest.example": "DROPPED"}


def test_two_edits_before_the_post_goes_are_one_mail(
    event: Event, alice: Membership, smtp: SmtpServer
):
    for title in ("Second title", "Third title"):
        typed = draft_of(event)
        event = scheduling.save_event(
            alice, draft(title=title, sender=typed.sender, attendees=typed.attendees), event
        )
    post.send_due()
    assert [mail.recipients[0] for mail in smtp.mails].count("gwen@guest.example") == 1
    assert "SUMMARY:Third title" in smtp.to("gwen@guest.example")[0].calendar


def test_what_is_cancelled_while_the_batch_is_sent_is_left_out(
    event: Event, alice: Membership, smtp: SmtpServer, monkeypatch
):
    monkeypatch.setattr(post, "RECHECK_SECONDS", -1.0)
    claim = outbox.claim(timezone.now())
    assert claim
    watch = post.Watch(claim.lease, post.never)
    ready = [mail for _, mail in messages.build(claim.deliveries)]
    scheduling.cancel_event(alice, event)
    assert list(watch.still_wanted(ready)) == []


def test_a_stop_gives_back_what_was_not_sent(event: Event, smtp: SmtpServer):
    answers = iter([False, False, True])
    post.send_due(lambda: next(answers, True))
    assert sorted(statuses().values()) == ["QUEUED", "SENT"]
    post.send_due()
    assert [len(smtp.to(f"{name}@guest.example")) for name in ("gwen", "gus")] == [1, 1]


def test_one_mail_that_cannot_be_written_does_not_hold_up_the_others(
    event: Event, smtp: SmtpServer, monkeypatch
):
    build = messages.build

    def fail_for_gwen(deliveries, *press):
        if any(one.email == "gwen@guest.example" for one in deliveries):
            raise RuntimeError("a bug")
        return build(deliveries, *press)

    monkeypatch.setattr(messages, "build", fail_for_gwen)
    post.send_due()
    assert statuses() == {"gwen@guest.example": "DELAYED", "gus@guest.example": "SENT"}
    row = Delivery.objects.get(email="gwen@guest.example")
    assert (row.reason, row.last_error) == ("UNWRITTEN", "RuntimeError: a bug")


def test_a_login_that_cannot_be_read_delays_only_its_own_mails(
    event: Event, sender: Sender, smtp: SmtpServer
):
    Sender.objects.filter(pk=sender.pk).update(smtp_host="mail.example", smtp_password=b"junk")
    sender.refresh_from_db()
    lanes.reroute(sender)
    outbox.enqueue_post("code", recipient="a@b.example", content=b"Message-ID: <1@x>\r\n\r\nx\r\n")
    post.send_due()
    assert set(statuses().values()) == {"DELAYED"}
    assert {row.reason for row in Delivery.objects.filter(status=Status.DELAYED)} == {"LOGIN"}
    assert [mail.recipients for mail in smtp.mails] == [("a@b.example",)]


def test_without_a_mail_server_everything_waits(event: Event, settings):
    settings.SMTP_URL = ""
    post.send_due()
    assert set(statuses().values()) == {"DELAYED"}


def test_a_killed_workers_journal_settles_its_batch(event: Event, smtp: SmtpServer):
    claim = outbox.claim(timezone.now())
    assert claim
    first, second = claim.deliveries
    with pytest.raises(KeyboardInterrupt), journal.journal(claim.lease) as lines:
        leave_half_done(lines, first, second)
    post.recover_killed()
    rows = {row.pk: row for row in Delivery.objects.all()}
    assert (rows[first.pk].status, rows[first.pk].sent) == ("SENT", 1)
    assert (rows[second.pk].status, rows[second.pk].doubted) == ("QUEUED", 1)
    assert list((journal.settings.DATA_DIR / "journal").iterdir()) == []


def leave_half_done(lines: journal.Journal, first: Delivery, second: Delivery) -> None:
    lines.hand(first.pk)
    lines.note(
        Outcome(delivery_id=first.pk, version=1, status=Status.SENT, at=timezone.now(), code=250)
    )
    lines.hand(second.pk)
    raise KeyboardInterrupt


def test_a_living_workers_journal_is_left_alone(event: Event):
    claim = outbox.claim(timezone.now())
    assert claim
    with journal.journal(claim.lease):
        post.recover_killed()
        assert set(statuses().values()) == {"SENDING"}
    assert set(statuses().values()) == {"SENDING"}


def test_a_line_cut_off_by_the_kill_is_not_read(event: Event, settings):
    claim = outbox.claim(timezone.now())
    assert claim
    folder = settings.DATA_DIR / "journal"
    folder.mkdir()
    (folder / claim.lease).write_text(f'{claim.deliveries[0].pk}\n[{claim.deliveries[1].pk}, 1, "S')
    post.recover_killed()
    assert [row.doubted for row in Delivery.objects.order_by("pk")] == [1, 0]
