"""One card per team and address, and everyone in the team finds it (rule S5)."""

import pytest
from django.utils import translation

from convoca.accounts.invalid import FieldError, Invalid
from convoca.accounts.models import Membership
from convoca.guests import addressbook
from convoca.guests.addressbook import Candidate, NewGuest
from convoca.guests.models import Guest
from tests.support.together import at_once


def test_a_new_guest_takes_language_and_zone_of_the_team(alice: Membership):
    alice.team.language = "es"
    alice.team.save()
    card = addressbook.save_guest(
        alice, email=" Gwen@Guest.Example ", first_name="Gwen", last_name="López"
    )
    assert isinstance(card, Guest)
    assert (card.email, card.email_key) == ("Gwen@Guest.Example", "gwen@guest.example")
    assert (card.name, card.language, card.timezone) == ("Gwen López", "es", "Europe/Madrid")
    assert (card.team, card.created_by) == (alice.team, alice)


def test_the_same_address_is_the_same_card(alice: Membership, bob: Membership, gwen: Guest):
    card = addressbook.save_guest(bob, email="GWEN@guest.EXAMPLE", first_name="Other")
    assert card == gwen
    assert list(Guest.objects.values_list("first_name", flat=True)) == ["Gwen"]


def test_an_international_domain_has_two_spellings_and_one_card(alice: Membership):
    first = addressbook.save_guest(alice, email="ana@añil.example")
    second = addressbook.save_guest(alice, email="ANA@xn--ail-7ma.example")
    assert first == second
    assert Guest.objects.count() == 1


def test_a_nameless_card_gains_the_name_typed_later(alice: Membership):
    addressbook.save_guest(alice, email="ana@guest.example")
    card = addressbook.save_guest(alice, email="ana@guest.example", first_name="Ana")
    card.refresh_from_db()
    assert card.name == "Ana"
    assert [one.name for one in addressbook.search(alice, "ana")] == ["Ana"]


def test_a_colleagues_address_yields_the_colleague(alice: Membership, bob: Membership):
    assert addressbook.save_guest(alice, email="BOB@acme.example") == bob
    assert not Guest.objects.exists()


def test_whoever_left_is_a_guest(alice: Membership, bob: Membership):
    bob.left_at = bob.joined_at
    bob.save()
    assert isinstance(addressbook.save_guest(alice, email="bob@acme.example"), Guest)


def test_each_team_has_its_own_card(alice: Membership, mallory: Membership, gwen: Guest):
    other = addressbook.save_guest(mallory, email="gwen@guest.example")
    assert other != gwen
    assert addressbook.search(mallory, "López") == []


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Write an e-mail address."),
        ("gwen", "This is not an e-mail address."),
        ("gwen@guest.example\r\nBcc: all@guest.example", "This is not an e-mail address."),
        ("a@b@c.example", "This is not an e-mail address."),
        ("g\x00wen@", "This is not an e-mail address."),
        (f"{'x' * 250}@guest.example", "This is not an e-mail address."),
    ],
)
def test_an_address_mail_cannot_go_to_is_refused(alice: Membership, email: str, message: str):
    with pytest.raises(Invalid) as refusal:
        addressbook.save_guest(alice, email=email)
    assert refusal.value.errors == [FieldError("email", message)]


def test_all_complaints_come_at_once_and_in_the_readers_language(alice: Membership):
    with pytest.raises(Invalid) as refusal:
        addressbook.save_guest(
            alice, email="x", first_name="n" * 81, language="xx", timezone="../../etc/passwd"
        )
    assert [error.field for error in refusal.value.errors] == [
        "email",
        "first_name",
        "language",
        "timezone",
    ]


def test_names_are_cleaned(alice: Membership):
    card = addressbook.save_guest(
        alice,
        email="eve@guest.example",
        first_name=" Eve\r\nX:\x00 1 ",
        last_name="\u202e<b>\ud800",
    )
    assert (card.first_name, card.last_name) == ("Eve X: 1", "<b>")


def test_search_ignores_accents_case_and_order(alice: Membership, gwen: Guest, gus: Guest):
    assert [one.name for one in addressbook.search(alice, "LOPEZ gwén")] == ["Gwen López"]
    assert [one.name for one in addressbook.search(alice, "guest.example")] == [
        "Gus Gray",
        "Gwen López",
    ]
    assert addressbook.search(alice, "100%") == []


def test_search_puts_word_starts_first(alice: Membership, gus: Guest):
    addressbook.save_guest(alice, email="a@guest.example", first_name="Angus")
    assert [one.name for one in addressbook.search(alice, "gus")] == ["Gus Gray", "Angus"]


def test_a_candidate_says_guest_in_words(alice: Membership, gwen: Guest):
    assert addressbook.search(alice, "gwen") == [
        Candidate(
            kind="GUEST",
            public_id=gwen.public_id,
            name="Gwen López",
            email="gwen@guest.example",
            label="guest",
        )
    ]


def test_a_changed_card_is_found_by_its_new_words(alice: Membership, gwen: Guest):
    addressbook.change_guest(alice, gwen, email="gw@new.example", last_name="Gómez", language="en")
    gwen.refresh_from_db()
    assert (gwen.email_key, gwen.name, gwen.language) == ("gw@new.example", "Gwen Gómez", "en")
    assert [one.public_id for one in addressbook.search(alice, "gomez")] == [gwen.public_id]
    assert addressbook.search(alice, "lopez") == []


@pytest.mark.parametrize("taken", ["GUS@guest.example", "bob@acme.example"])
def test_a_card_cannot_take_an_address_somebody_has(
    alice: Membership, bob: Membership, gwen: Guest, gus: Guest, taken: str
):
    with pytest.raises(Invalid) as refusal:
        addressbook.change_guest(alice, gwen, email=taken)
    assert [error.field for error in refusal.value.errors] == ["email"]
    gwen.refresh_from_db()
    assert gwen.email == "gwen@guest.example"


def test_mallory_deletes_nothing(mallory: Membership, alice: Membership, gwen: Guest):
    addressbook.delete_guest(mallory, gwen)
    assert Guest.objects.filter(pk=gwen.pk).exists()
    addressbook.delete_guest(alice, gwen)
    assert not Guest.objects.filter(pk=gwen.pk).exists()


def test_thousands_are_added_in_a_fixed_number_of_questions(
    alice: Membership, django_assert_max_num_queries
):
    news = [NewGuest(email=f"g{number}@guest.example") for number in range(3_000)]
    with django_assert_max_num_queries(2):
        cards = addressbook.add(alice, news)
    assert len(cards) == 3_000
    with django_assert_max_num_queries(2):
        assert len(addressbook.known(alice, [new.key for new in news])) == 3_000


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_typing_one_address_at_once_share_a_card(alice: Membership):
    cards = at_once(*[lambda: addressbook.save_guest(alice, email="new@guest.example")] * 8)
    assert cards == [Guest.objects.get()] * 8


def test_refusals_are_lazy(alice: Membership):
    with pytest.raises(Invalid) as refusal:
        addressbook.save_guest(alice, email="x")
    with translation.override("en"):
        assert str(refusal.value) == "This is not an e-mail address."
