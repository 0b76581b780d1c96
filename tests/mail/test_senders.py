"""Choosing an address and adding one, with every refusal (S6-S10)."""

import pytest
from allauth.account.models import EmailAddress

from convoca.accounts import addresses
from convoca.accounts.models import Membership, Role
from convoca.mail import senders
from convoca.mail.models import Delivery, Sender, SenderChoice
from convoca.mail.refusals import (
    AlreadyAdded,
    BadName,
    NotAnAddress,
    NotYours,
    SenderNotConfirmed,
)
from convoca.mail.senders import Choice


@pytest.fixture
def unproved(alice: Membership) -> Membership:
    """Alice, before her account's address is proved."""
    EmailAddress.objects.filter(user=alice.user).delete()
    return alice


def add_confirmed(member: Membership, email: str, **fields: object) -> Sender:
    sender = senders.add(member, name="", email=email, **fields)
    Sender.objects.filter(pk=sender.pk).update(confirmed_at="2026-01-01T00:00Z")
    sender.refresh_from_db()
    return sender


def test_the_account_address_stands_first_and_is_recommended(alice: Membership):
    add_confirmed(alice, "info@acme.example")
    assert [(one.email, one.is_recommended) for one in senders.choices(alice)] == [
        ("alice@acme.example", True),
        ("info@acme.example", False),
    ]


def test_the_account_address_needs_no_row_to_be_offered(unproved: Membership):
    offered = Choice(
        sender=None,
        name="Alice Álvarez",
        email="alice@acme.example",
        is_recommended=True,
        is_confirmed=False,
    )
    assert senders.choices(unproved) == [offered]
    addresses.confirm(unproved.user)
    assert senders.choices(unproved)[0].is_confirmed


def test_choosing_the_confirmed_account_address_makes_it_a_sender(alice: Membership):
    sender = senders.choose(alice, None)
    assert (sender.email, sender.owner, sender.name) == (alice.email, alice, "Alice Álvarez")
    assert senders.chosen(alice) == sender
    assert senders.choose(alice, None) == sender
    assert senders.choices(alice)[0].sender == sender


def test_an_unproved_account_address_cannot_be_chosen(unproved: Membership):
    with pytest.raises(SenderNotConfirmed, match="confirmed"):
        senders.choose(unproved, None)
    assert senders.default_for(unproved) is None


def test_the_choice_is_the_default_from_then_on(alice: Membership):
    info = add_confirmed(alice, "info@acme.example")
    account = senders.default_for(alice)
    assert account is not None
    assert account.email == alice.email
    senders.choose(alice, info)
    assert senders.default_for(alice) == info


def test_an_unconfirmed_address_cannot_be_chosen(alice: Membership):
    info = senders.add(alice, name="Info", email="info@acme.example")
    with pytest.raises(SenderNotConfirmed):
        senders.choose(alice, info)
    assert not senders.may_use(alice, info)


def test_available_to_everyone_means_all_colleagues_once_confirmed(
    alice: Membership, bob: Membership, mallory: Membership
):
    info = senders.add(alice, name="Info", email="info@acme.example", available_to_everyone=True)
    assert [one.email for one in senders.choices(bob)] == ["bob@acme.example"]
    Sender.objects.filter(pk=info.pk).update(confirmed_at="2026-01-01T00:00Z")
    assert [one.sender for one in senders.choices(bob)] == [None, info]
    assert senders.choose(bob, info) == info
    assert [one.sender for one in senders.choices(mallory)] == [None]


def test_a_colleagues_own_address_cannot_be_used(alice: Membership, bob: Membership):
    private = add_confirmed(alice, "private@acme.example")
    assert not senders.may_use(bob, private)
    with pytest.raises(NotYours):
        senders.choose(bob, private)


def test_mallory_can_neither_use_nor_remove(alice: Membership, mallory: Membership):
    info = add_confirmed(alice, "info@acme.example", available_to_everyone=True)
    assert not senders.may_use(mallory, info)
    with pytest.raises(NotYours):
        senders.choose(mallory, info)
    with pytest.raises(NotYours):
        senders.remove(mallory, info)
    assert list(Sender.objects.owned_by(mallory)) == []


@pytest.mark.parametrize("email", ["", "info", "info@", "a@b\r\nBcc: c@d.example", "a b@c.example"])
def test_what_is_no_address_is_refused(alice: Membership, email: str):
    with pytest.raises(NotAnAddress):
        senders.add(alice, name="Info", email=email)
    assert not Delivery.objects.exists()


def test_names_are_one_line_and_not_too_long(alice: Membership):
    sender = senders.add(alice, name="Acme\r\nBcc: x@evil.example", email="a@acme.example")
    assert sender.name == "Acme Bcc: x@evil.example"
    with pytest.raises(BadName):
        senders.add(alice, name="x" * 121, email="b@acme.example")


def test_without_a_name_the_members_name_is_taken(alice: Membership):
    assert senders.add(alice, name=" ", email="info@acme.example").name == "Alice Álvarez"


def test_an_unconfirmed_address_is_taken_up_again(alice: Membership, time_machine):
    time_machine.move_to("2026-03-01T10:00Z", tick=False)
    first = senders.add(alice, name="Info", email="Info@Acme.example")
    time_machine.shift(61)
    again = senders.add(alice, name="Front desk", email="info@acme.example")
    assert again == first
    assert Sender.objects.get().name == "Front desk"


def test_adding_twice_within_a_minute_keeps_the_code_that_was_sent(alice: Membership):
    senders.add(alice, name="Info", email="info@acme.example")
    senders.add(alice, name="Info desk", email="info@acme.example")
    assert Sender.objects.get().name == "Info desk"
    assert Delivery.objects.count() == 1


def test_a_confirmed_address_is_not_added_twice(alice: Membership, bob: Membership):
    add_confirmed(alice, "info@acme.example")
    with pytest.raises(AlreadyAdded):
        senders.add(alice, name="Info", email="INFO@acme.example")
    assert senders.add(bob, name="Info", email="info@acme.example").owner == bob


def test_adding_the_proved_account_address_needs_no_code(alice: Membership):
    assert senders.add(alice, name="Alice", email=alice.email).confirmed_at
    assert not Delivery.objects.exists()


def test_an_unproved_account_address_is_proved_by_code(unproved: Membership):
    sender = senders.add(unproved, name="Alice", email=unproved.email)
    assert not sender.confirmed_at
    assert senders.choices(unproved)[0].sender == sender
    addresses.confirm(unproved.user)
    assert senders.choose(unproved, None) == sender


def test_a_removed_address_is_gone_from_lists_and_choices(alice: Membership, time_machine):
    time_machine.move_to("2026-03-01T10:00Z", tick=False)
    info = add_confirmed(alice, "info@acme.example")
    senders.choose(alice, info)
    senders.remove(alice, info)
    assert [one.email for one in senders.choices(alice)] == [alice.email]
    assert not SenderChoice.objects.exists()
    assert senders.chosen(alice) is None
    time_machine.shift(61)
    assert senders.add(alice, name="Info", email="info@acme.example").pk != info.pk


def test_owners_remove_addresses_of_colleagues_and_members_do_not(
    alice: Membership, bob: Membership
):
    of_alice, of_bob = add_confirmed(alice, "a@acme.example"), add_confirmed(bob, "b@acme.example")
    with pytest.raises(NotYours):
        senders.remove(bob, of_alice)
    senders.remove(alice, of_bob)
    assert Sender.objects.of_team(bob).get() == of_alice
    assert bob.role == Role.MEMBER


def test_logins_of_removed_senders_are_forgotten_once_unused(alice: Membership):
    one, two, three = (add_confirmed(alice, f"{name}@acme.example") for name in "abc")
    Sender.objects.update(smtp_password=b"x", smtp_username="u")
    senders.remove(alice, one)
    senders.remove(alice, two)
    assert senders.forget_logins(in_use={two.pk}) == 1
    kept = Sender.objects.exclude(smtp_password=b"").order_by("pk")
    assert list(kept) == [two, three]
