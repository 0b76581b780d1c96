"""The operator's admin: plans are set there, secrets are not shown, guessing is throttled."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from convoca.accounts import addresses, tokens
from convoca.accounts.models import Membership, Plan, Team, Usage, User


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create_superuser("root@cal.example", "w0rds-here")
    addresses.confirm(user)
    client = Client()
    client.force_login(user)
    return client


def page(name: str, row: Team | User | Membership) -> str:
    return reverse(f"admin:accounts_{name}_change", args=[row.pk])


def test_the_plan_is_changed_and_usage_is_only_shown(operator: Client, alice: Membership):
    Usage.objects.create(team=alice.team, events_with_guests=7)
    shown = operator.get(page("team", alice.team)).content.decode()
    assert "7 / 10" in shown
    typed = {"name": "Acme", "plan": "BUSINESS", "language": "es", "timezone": "Europe/Madrid"}
    typed |= {"used": "0", "events_with_guests": "0"}
    typed |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    assert operator.post(page("team", alice.team), typed).status_code == 302
    alice.team.refresh_from_db()
    assert alice.team.plan == Plan.BUSINESS
    assert alice.team.usage.events_with_guests == 7
    assert "7 / ∞" in operator.get(reverse("admin:accounts_team_changelist")).content.decode()


def test_no_secret_is_shown(operator: Client, alice: Membership):
    tokens.issue(alice, "script")
    alice.user.password = make_password("w0rds-here")
    alice.user.save()
    pages = [page("team", alice.team), page("user", alice.user), page("membership", alice)]
    pages += [reverse(f"admin:accounts_{name}_changelist") for name in ("team", "user")]
    for address in pages:
        shown = operator.get(address).content.decode()
        assert alice.user.email in shown or alice.team.name in shown
        assert alice.user.password not in shown
        assert alice.api_tokens.get().token_hash not in shown


def test_members_and_owners_do_not_get_in(client: Client, alice: Membership):
    client.force_login(alice.user)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
    assert client.get(page("team", alice.team)).status_code in {302, 403}


def test_the_operator_signs_in_where_guesses_are_throttled(client: Client, db: None):
    response = client.get(reverse("admin:login"), follow=True)
    assert response.redirect_chain[0][0].startswith(reverse("account_login"))
