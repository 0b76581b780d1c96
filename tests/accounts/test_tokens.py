"""An API token stands for its member until it is revoked or the member leaves."""

import datetime as dt

import time_machine
from django.utils.timezone import now

from convoca.accounts import membership, tokens
from convoca.accounts.models import ApiToken, Membership


def test_a_token_finds_its_member(alice: Membership):
    _, clear = tokens.issue(alice, "script")
    assert tokens.find(clear) == alice


def test_nothing_stored_reveals_the_token(alice: Membership):
    token, clear = tokens.issue(alice, "script")
    stored = " ".join(str(value) for value in ApiToken.objects.values().get().values())
    assert clear not in stored
    assert clear.removeprefix(tokens.PREFIX) not in stored
    assert token.token_hash == tokens.digest(clear)


def test_a_wrong_or_revoked_token_finds_nobody(alice: Membership):
    token, clear = tokens.issue(alice, "script")
    tokens.revoke(token)
    assert tokens.find(clear) is None
    assert tokens.find(clear[:-1]) is None
    assert tokens.find("") is None
    assert tokens.find(token.token_hash) is None


def test_who_leaves_takes_their_tokens_along(alice: Membership, bob: Membership):
    _, clear = tokens.issue(bob, "script")
    membership.remove(alice, bob)
    assert tokens.find(clear) is None
    Membership.objects.update(left_at=None)
    assert tokens.find(clear) is None


def test_a_deactivated_user_has_no_tokens(alice: Membership):
    _, clear = tokens.issue(alice, "script")
    alice.user.is_active = False
    alice.user.save()
    assert tokens.find(clear) is None


def test_the_last_use_is_kept_to_the_minute(alice: Membership, django_assert_num_queries):
    token, clear = tokens.issue(alice, "script")
    with time_machine.travel(now(), tick=False) as clock:
        tokens.find(clear)
        token.refresh_from_db()
        assert token.last_used_at == now()
        with django_assert_num_queries(1):
            tokens.find(clear)
        clock.shift(dt.timedelta(minutes=2))
        tokens.find(clear)
        token.refresh_from_db()
        assert token.last_used_at == now()
