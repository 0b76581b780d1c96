"""What every address must hold: wanted, claimed by one, completed, tried again, given up."""

import datetime as dt
from email import message_from_bytes

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction

from convoca.accounts.models import Team
from convoca.mail import outbox, secrets
from convoca.mail.models import Delivery, DeliveryAttempt, Sender
from convoca.mail.outbox import letters
from convoca.mail.traffic.lanes import Claim
from convoca.mail.transit import Due, Outcome
from tests.mail.conftest import NOW, Want, states
from tests.support.due import next_due

Status = Delivery.Status


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def claim_all() -> Claim:
    claim = outbox.claim(now())
    assert claim is not None
    return claim


def keys(claim: Claim) -> list[str]:
    rows = Delivery.objects.in_bulk([one.pk for one in claim.deliveries])
    return [rows[one.pk].key for one in claim.deliveries]


def outcome(row: Due, status: Delivery.Status, **fields: object) -> Outcome:
    fields = {"delivery_id": row.pk, "version": row.claimed, "status": status, "at": now()} | fields
    return Outcome(**fields)  # type: ignore[arg-type]


def complete_all(status: Delivery.Status, **fields: object) -> list[Delivery]:
    claim = claim_all()
    return outbox.complete(
        claim.lease, [outcome(row, status, **fields) for row in claim.deliveries]
    )


def test_what_is_wanted_falls_due_at_once(want: Want, sender: Sender):
    ids = want(2)
    rows = {row.key: row for row in Delivery.objects.all()}
    assert {key: row.pk for key, row in rows.items()} == ids
    row = rows["event:1"]
    assert (row.email, row.kind, row.team, row.sender) == (
        "g1@guest.example",
        "INVITATION",
        sender.team,
        sender,
    )
    assert (row.wanted, row.sent, row.status, row.due_at) == (1, 0, "QUEUED", NOW)


def test_a_newer_version_replaces_the_unsent_older(want: Want, clock):
    first = want(1)
    clock.shift(10)
    assert want(1, version=2) == first
    assert states("wanted", "sent", "due_at") == [(2, 0, NOW + dt.timedelta(seconds=10))]


def test_an_older_version_changes_nothing(want: Want):
    want(1, version=3)
    want(1, version=2)
    assert states("wanted") == [(3,)]


def test_a_claim_takes_what_is_due_and_nobody_else_gets_it(want: Want):
    want(3)
    claim = claim_all()
    assert keys(claim) == ["event:0", "event:1", "event:2"]
    assert outbox.claim(now()) is None
    assert (
        states("status", "lease", "due_at", "claimed")
        == [("SENDING", claim.lease, NOW + outbox.LEASE, 1)] * 3
    )
    assert [row.claimed for row in claim.deliveries] == [1] * 3


def test_a_claim_takes_at_most_a_batch_the_oldest_first(want: Want, clock):
    want(1)
    clock.shift(1)
    want(4)
    first = outbox.claim(now(), limit=2)
    assert first
    assert keys(first) == ["event:0", "event:1"]


def test_finished_mails_go_before_invitations(want: Want):
    want(3)
    outbox.enqueue_post("code", recipient="gwen@guest.example", content=b"Subject: x\r\n\r\n")
    assert keys(claim_all()) == ["code"]
    assert len(claim_all().deliveries) == 3


def test_what_was_sent_is_done(want: Want):
    want(1)
    assert complete_all(Status.SENT, code=250, response="OK", message_id="<1@x>") == []
    fields = ("status", "sent", "due_at", "lease", "attempts", "sent_at", "last_error")
    assert states(*fields) == [("SENT", 1, None, "", 1, NOW, "")]
    (attempt,) = DeliveryAttempt.objects.all()
    assert (attempt.outcome, attempt.code, attempt.response, attempt.message_id) == (
        "SENT",
        250,
        "OK",
        "<1@x>",
    )
    assert outbox.claim(now()) is None
    assert next_due() is None


def test_what_is_changed_while_it_is_sent_is_sent_again_afterwards(want: Want, clock):
    want(1)
    claim = claim_all()
    want(1, version=2)
    assert outbox.claim(now()) is None, "two workers would overtake each other"
    outbox.complete(claim.lease, [outcome(claim.deliveries[0], Status.SENT)])
    assert states("wanted", "sent", "status", "due_at") == [(2, 1, "QUEUED", now())]
    assert claim_all().deliveries[0].claimed == 2


def test_what_is_changed_while_it_fails_is_tried_again(want: Want):
    want(1)
    claim = claim_all()
    want(1, version=2)
    assert outbox.complete(claim.lease, [outcome(claim.deliveries[0], Status.FAILED)]) == []
    assert states("wanted", "sent", "status", "due_at") == [(2, 0, "QUEUED", now())]


def test_a_refusal_for_good_is_returned_with_its_reason(want: Want):
    want(1)
    (failed,) = complete_all(
        Status.FAILED, code=550, reason="UNKNOWN_ADDRESS", response="5.1.1 No such user"
    )
    assert (failed.status, failed.last_error) == ("FAILED", "5.1.1 No such user")
    assert failed.get_reason_display() == "The address does not exist."
    assert states("status", "due_at", "reason", "sent") == [("FAILED", None, "UNKNOWN_ADDRESS", 0)]


def test_a_new_version_after_a_failure_is_tried(want: Want):
    want(1)
    complete_all(Status.FAILED, reason="REFUSED", response="no")
    want(1, version=2)
    assert states("status", "attempts", "reason", "last_error") == [("QUEUED", 0, "", "")]


def test_delays_grow_over_days_until_it_is_given_up(want: Want):
    want(1)
    waits, failed = [], []
    at = NOW
    while not failed:
        claim = outbox.claim(at)
        assert claim
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.utils.timezone.now", lambda at=at: at)
            failed = outbox.complete(
                claim.lease, [outcome(claim.deliveries[0], Status.DELAYED, reason="LATER")]
            )
        row = Delivery.objects.get()
        if row.due_at:
            waits.append(row.due_at - at)
            at = row.due_at
    seconds = [int(wait.total_seconds()) for wait in waits]
    assert seconds[:8] == [5, 10, 20, 40, 80, 160, 320, 640]
    assert max(seconds) == 4 * 3600
    assert sorted(seconds) == seconds
    assert dt.timedelta(days=4) <= at - NOW < dt.timedelta(days=4, hours=4)
    assert states("status", "reason", "due_at") == [("FAILED", "LATER", None)]
    assert DeliveryAttempt.objects.count() == len(seconds) + 1


def test_jitter_spreads_the_retries(want: Want, monkeypatch):
    want(1)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    complete_all(Status.DELAYED)
    assert states("due_at") == [(NOW + dt.timedelta(seconds=6),)]


def test_a_success_forgets_the_delays(want: Want, clock):
    want(1)
    complete_all(Status.DELAYED, reason="LATER", response="busy")
    assert states("status", "reason", "last_error", "attempts") == [("DELAYED", "LATER", "busy", 1)]
    clock.shift(5)
    complete_all(Status.SENT)
    assert states("status", "reason", "last_error", "attempts", "failing_since") == [
        ("SENT", "", "", 2, None)
    ]


def test_nothing_to_tell_before_anything_was_sent_is_dropped(want: Want):
    want(1)
    complete_all(Status.DROPPED)
    assert states("status", "sent", "due_at", "attempts") == [("DROPPED", 0, None, 0)]
    assert not DeliveryAttempt.objects.exists()


def test_nothing_new_to_tell_counts_as_held(want: Want):
    want(1)
    complete_all(Status.SENT)
    want(1, version=2)
    complete_all(Status.DROPPED)
    assert states("status", "sent", "due_at") == [("SENT", 2, None)]


def test_a_doubtful_mail_counts_as_seen_until_it_is_known(want: Want, clock):
    want(1)
    complete_all(Status.DELAYED, is_doubtful=True)
    row = Delivery.objects.get()
    assert (row.sent, row.doubted, row.seen) == (0, 1, 1)
    clock.shift(5)
    complete_all(Status.SENT)
    row = Delivery.objects.get()
    assert (row.sent, row.doubted, row.seen) == (1, 0, 1)


def test_a_lease_that_ended_is_taken_over_and_its_mails_are_doubtful(want: Want, clock):
    want(1)
    dead = claim_all()
    want(1, version=2)
    clock.shift(outbox.LEASE)
    alive = claim_all()
    assert (alive.deliveries[0].doubted, alive.deliveries[0].claimed) == (1, 2)
    assert states("doubted", "claimed", "lease") == [(1, 2, alive.lease)]
    outbox.complete(dead.lease, [outcome(dead.deliveries[0], Status.SENT)])
    assert states("sent", "lease") == [(0, alive.lease)]


def test_renewing_keeps_the_lease_and_leaves_out_what_was_changed(want: Want, clock):
    want(2)
    claim = claim_all()
    want(1, version=2)
    clock.shift(300)
    assert outbox.renew(claim.lease, now()) == {claim.deliveries[1].pk}
    assert states("due_at") == [(now() + outbox.LEASE,)] * 2


def test_releasing_gives_back_at_once_what_was_not_tried(want: Want):
    want(2)
    claim = claim_all()
    outbox.complete(claim.lease, [outcome(claim.deliveries[0], Status.SENT)])
    outbox.release(claim.lease)
    assert states("status", "lease", "due_at", "doubted", "attempts") == [
        ("SENT", "", None, 0, 1),
        ("QUEUED", "", NOW, 0, 0),
    ]


def test_next_due_is_the_earliest_of_all_kinds(want: Want, clock):
    outbox.enqueue_post("later", recipient="a@b.example", content=b"")
    complete_all(Status.DELAYED)
    assert next_due() == NOW + dt.timedelta(seconds=5)
    want(1)
    assert next_due() == NOW


def test_a_rolled_back_save_queues_nothing(want: Want):
    with transaction.atomic():
        want(5)
        transaction.set_rollback(True)
    assert outbox.claim(now()) is None


def test_the_same_key_is_queued_once(team: Team):
    first = outbox.enqueue_post("key", recipient="a@b.example", content=b"one", team=team)
    assert first is not None
    assert outbox.enqueue_post("key", recipient="a@b.example", content=b"two") is None
    assert secrets.decrypt(Delivery.objects.get().payload) == b"one"


@pytest.mark.parametrize("status", [Status.SENT, Status.FAILED])
def test_the_content_is_erased_once_it_is_settled(db: None, status):
    outbox.enqueue_post("key", recipient="a@b.example", content=b"a password reset link")
    complete_all(status)
    assert [bytes(payload) for (payload,) in states("payload")] == [b""]


def test_a_letter_is_written_in_its_readers_language_and_opened_again(db: None):
    context = {"code": "1", "email": "<b>@x", "name": "N", "team": "T", "minutes": 30}
    letters.post("k", "mail/code", context, recipient="a@b.example", language="en", name="Ana")
    mail = outbox.open_post(claim_all().deliveries[0])
    assert (mail.envelope_from, mail.recipient, mail.version) == (
        "convoca@cal.example",
        "a@b.example",
        1,
    )
    message = message_from_bytes(mail.content)
    assert message["Message-ID"] == mail.message_id
    assert message["To"] == "Ana <a@b.example>"
    parts = [
        part.get_payload(decode=True).decode()
        for part in message.walk()
        if part.get_payload(decode=True)
    ]
    assert "<b>@x" in parts[0]
    assert "&lt;b&gt;@x" in parts[1]
    assert "style=" in parts[1]


def test_djangos_mails_go_through_the_outbox_one_for_each_recipient(db: None, settings):
    settings.EMAIL_BACKEND = "convoca.mail.backend.OutboxBackend"
    recipients = ["Ana <ana@b.example>", "bo@müller.example"]
    message = EmailMultiAlternatives("Reset", "text", None, recipients, bcc=["c@d.example"])
    assert message.send() == 1
    assert set(states("email", "kind", "status")) == {
        ("ana@b.example", "POST", "QUEUED"),
        ("bo@xn--mller-kva.example", "POST", "QUEUED"),
        ("c@d.example", "POST", "QUEUED"),
    }
    assert send_mail("Again", "text", None, ["ana@b.example"]) == 1
    assert Delivery.objects.count() == 4


def test_djangos_mails_without_a_real_recipient_are_not_queued(db: None, settings):
    settings.EMAIL_BACKEND = "convoca.mail.backend.OutboxBackend"
    assert send_mail("x", "text", None, ["nobody"]) == 0
    assert not Delivery.objects.exists()


def test_five_thousand_are_queued_and_changed_in_few_statements(
    want: Want, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        want(5000)
    with django_assert_max_num_queries(8):
        want(5000, version=2)
    assert Delivery.objects.filter(wanted=2, due_at=NOW).count() == 5000
