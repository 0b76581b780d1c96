"""The web door's fixtures: each of the cast at their own browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from convoca.accounts.models import Membership


@pytest.fixture
def sign_in() -> Callable[[Membership], Client]:
    """Return a browser in which the member is signed in."""

    def browser_of(member: Membership) -> Client:
        client = Client()
        client.force_login(member.user)
        return client

    return browser_of


@pytest.fixture
def as_alice(sign_in: Callable[[Membership], Client], alice: Membership) -> Client:
    return sign_in(alice)


@pytest.fixture
def as_bob(sign_in: Callable[[Membership], Client], bob: Membership) -> Client:
    return sign_in(bob)


@pytest.fixture
def as_mallory(sign_in: Callable[[Membership], Client], mallory: Membership) -> Client:
    return sign_in(mallory)
