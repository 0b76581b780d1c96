"""What the tests of calendars share."""

import pytest

from convoca.accounts.models import Membership
from convoca.calendars.models import Room


@pytest.fixture
def room(alice: Membership) -> Room:
    return Room.objects.create(team=alice.team, name="Sala Goya")
