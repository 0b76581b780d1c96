"""The confirmation code: 30 minutes, five attempts, once a minute, five an hour."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from convoca.accounts.models import Membership
from convoca.mail import outbox, senders
from convoca.mail.models import ConfirmationCode, Delivery, Sender
from convoca.mail.proofs import codes
from convoca.mail.refusals import (
    AlreadyConfirmed,
    CodeExpired,
    CodeReplaced,
    CodeTooSoon,
    NoAttemptsLeft,
    NoCode,
    TooManyCodes,
    WrongCode,
)
from tests.support.together import at_once


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine):
    time_machine.move_to("2026-03-01T10:00Z", tick=False)


@pytest.fixture
def info(alice: Membership) -> Sender:
    return senders.add(alice, name="Info", email="info@acme.example")


def last_mail() -> EmailMessage:
    content = outbox.open_post(Delivery.objects.latest("id")).content
    return cast(EmailMessage, message_from_bytes(content, policy=policy.default))


def last_code() -> str:
    """Read the newest mail, as its recipient would."""
    text = last_mail().get_body(("plain",)).get_content()
    return re.search(r"^\s*(\d{6})\s*$", text, re.M)[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_confirms_the_address(info: Sender):
    delivery = Delivery.objects.get()
    assert (delivery.email, delivery.kind) == ("info@acme.example", "POST")
    assert senders.confirm(info, last_code()).confirmed_at
    assert Sender.objects.get().confirmed_at


@pytest.mark.parametrize("typed", ["{0} ", " {1} {2}", "{1}-{2}", "{1}\u00a0{2}"])
def test_spaces_and_dashes_do_not_matter(info: Sender, typed: str):
    code = last_code()
    assert senders.confirm(info, typed.format(code, code[:3], code[3:])).confirmed_at


def test_the_code_is_stored_nowhere_in_clear(info: Sender):
    code = last_code()
    assert code not in ConfirmationCode.objects.get().code_hash
    assert code.encode() not in bytes(Delivery.objects.get().payload)


def test_the_code_is_written_in_the_members_language(alice: Membership):
    alice.user.language = "es"
    alice.user.save()
    senders.add(alice, name="Info", email="hola@acme.example")
    assert str(last_mail()["Subject"]) == f"{last_code()} es tu código para hola@acme.example"


def test_a_wrong_code_says_how_many_attempts_are_left(info: Sender):
    with pytest.raises(WrongCode, match="4 attempts left") as refusal:
        senders.confirm(info, wrong(last_code()))
    assert refusal.value.left == 4
    assert senders.confirm(info, last_code()).confirmed_at


def test_the_sixth_attempt_is_refused_even_with_the_right_code(info: Sender):
    code = last_code()
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as refusal:
            senders.confirm(info, wrong(code))
        assert refusal.value.left == left
    with pytest.raises(NoAttemptsLeft, match="Five wrong codes"):
        senders.confirm(info, code)
    assert not Sender.objects.get().confirmed_at


def test_after_thirty_minutes_the_code_is_expired(info: Sender, time_machine):
    code = last_code()
    time_machine.shift(30 * 60 - 1)
    with pytest.raises(WrongCode):
        senders.confirm(info, wrong(code))
    time_machine.shift(1)
    with pytest.raises(CodeExpired, match="30 minutes"):
        senders.confirm(info, code)


def test_a_newer_code_ends_the_older_one(info: Sender, time_machine):
    older = last_code()
    time_machine.shift(60)
    senders.send_code(info)
    newer = last_code()
    with pytest.raises(CodeReplaced, match=r"Use the latest\. 4 attempts left"):
        senders.confirm(info, older)
    assert senders.confirm(info, newer).confirmed_at


def test_a_new_code_comes_at_most_once_a_minute(info: Sender, time_machine):
    time_machine.shift(48)
    with pytest.raises(CodeTooSoon, match="in 12 seconds") as refusal:
        senders.send_code(info)
    assert refusal.value.seconds == 12
    time_machine.shift(12)
    senders.send_code(info)
    assert Delivery.objects.count() == 2


def test_at_most_five_codes_an_hour_go_to_an_address(info: Sender, time_machine):
    for _ in range(4):
        time_machine.shift(60)
        senders.send_code(info)
    time_machine.shift(60)
    with pytest.raises(TooManyCodes, match="in 55 minutes") as refusal:
        senders.send_code(info)
    assert refusal.value.minutes == 55
    time_machine.shift(55 * 60)
    senders.send_code(info)
    assert Delivery.objects.count() == 6


def test_removing_and_adding_again_gives_no_further_codes(alice: Membership, info: Sender):
    senders.remove(alice, info)
    with pytest.raises(CodeTooSoon):
        senders.add(alice, name="Info", email="info@acme.example")
    assert Sender.objects.filter(deleted_at=None).count() == 0


def test_a_member_cannot_have_codes_sent_to_the_whole_world(alice: Membership, bob: Membership):
    for number in range(codes.MEMBER_CODES_AN_HOUR):
        senders.add(alice, name="x", email=f"stranger{number}@elsewhere.example")
    with pytest.raises(TooManyCodes):
        senders.add(alice, name="x", email="one.more@elsewhere.example")
    assert not Sender.objects.filter(email="one.more@elsewhere.example").exists()
    senders.add(bob, name="x", email="one.more@elsewhere.example")


def test_a_confirmed_address_takes_and_sends_no_more_codes(info: Sender):
    code = last_code()
    senders.confirm(info, code)
    with pytest.raises(AlreadyConfirmed):
        senders.confirm(info, code)
    with pytest.raises(AlreadyConfirmed):
        senders.send_code(info)


def test_without_a_code_there_is_nothing_to_type(info: Sender):
    ConfirmationCode.objects.all().delete()
    with pytest.raises(NoCode):
        senders.confirm(info, "123456")


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_guesses_get_five_attempts(info: Sender):
    code = last_code()

    def guess() -> str:
        with pytest.raises((NoAttemptsLeft, WrongCode)) as refusal:
            senders.confirm(Sender.objects.get(pk=info.pk), wrong(code))
        return refusal.typename

    assert sorted(at_once(*[guess] * 20)) == ["NoAttemptsLeft"] * 15 + ["WrongCode"] * 5


@pytest.mark.django_db(transaction=True)
def test_ten_parallel_requests_send_one_code(info: Sender, time_machine):
    time_machine.shift(60)

    def ask() -> bool:
        try:
            senders.send_code(Sender.objects.get(pk=info.pk))
        except CodeTooSoon:
            return False
        return True

    assert sum(at_once(*[ask] * 10)) == 1
    assert Delivery.objects.count() == 2
