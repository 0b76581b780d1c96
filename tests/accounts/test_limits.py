"""Rule S18: ten events with guests on the free plan, and not one more."""

import pytest
from django.db import transaction
from django.utils import translation

from convoca.accounts.limits import LimitReached, count_event_with_guests, usage
from convoca.accounts.models import Plan, Team, Usage
from convoca.accounts.plans import FREE_EVENTS_WITH_GUESTS
from tests.support.together import at_once


def use(team: Team, events: int) -> None:
    Usage.objects.update_or_create(team=team, defaults={"events_with_guests": events})


def test_the_tenth_event_is_counted_and_the_eleventh_refused(team: Team):
    for _ in range(FREE_EVENTS_WITH_GUESTS):
        count_event_with_guests(team)
    with pytest.raises(LimitReached) as refusal:
        count_event_with_guests(team)
    assert (refusal.value.plan, refusal.value.used, refusal.value.limit) == (Plan.FREE, 10, 10)
    assert usage(team).events_with_guests == 10


def test_a_commercial_plan_counts_without_limit(team: Team):
    use(team, 10)
    Team.objects.update(plan=Plan.BUSINESS)
    count_event_with_guests(team)  # `team` still says FREE: the row decides
    report = usage(team)
    assert (report.plan, report.events_with_guests, report.limit) == (Plan.BUSINESS, 11, None)
    assert not report.is_exhausted


def test_a_team_back_on_the_free_plan_keeps_its_count(team: Team):
    use(team, 25)
    with pytest.raises(LimitReached) as refusal:
        count_event_with_guests(team)
    assert refusal.value.used == 25


def test_a_save_that_fails_takes_its_count_back(team: Team):
    with transaction.atomic():
        count_event_with_guests(team)
        transaction.set_rollback(True)
    assert usage(team).events_with_guests == 0


def test_the_refusal_speaks_the_language_of_the_reader(team: Team):
    use(team, 10)
    with pytest.raises(LimitReached) as refusal:
        count_event_with_guests(team)
    with translation.override("en"):
        assert str(refusal.value) == (
            "The Free plan includes 10 events with external guests for the whole team, "
            "and all of them have been used. "
            "Events among colleagues are unlimited; for more guests, ask whoever runs this server "
            "for a larger plan."
        )


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_at_nine_of_ten_let_exactly_one_through():
    team = Team.objects.create(name="Acme")
    use(team, 9)

    def save() -> bool:
        try:
            with transaction.atomic():
                count_event_with_guests(team)
        except LimitReached:
            return False
        return True

    assert sum(at_once(*[save] * 40)) == 1
    assert usage(team).events_with_guests == 10
