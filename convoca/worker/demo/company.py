"""Found the demo's company: its people, rooms, address book and confirmed senders."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from convoca.accounts import addresses, joining, membership
from convoca.accounts.models import Membership, Plan, User
from convoca.calendars.models import Room
from convoca.guests.addressbook import save_guest
from convoca.guests.models import Guest
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.worker.demo import cast


@dataclass
class Company:
    """The rows of the cast, by key."""

    members: dict[str, Membership] = field(default_factory=dict)
    guests: dict[str, Guest] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    senders: dict[str, Sender] = field(default_factory=dict)

    def invitee(self, key: str) -> Membership | Guest | Room:
        return self.members.get(key) or self.guests.get(key) or self.rooms[key]


def found() -> Company:
    """Found the team with its people, rooms, address book and confirmed senders."""
    company = Company()
    owner = company.members["lucia"] = _found_team(cast.EMPLOYEES[0])
    for employee in cast.EMPLOYEES[1:]:
        company.members[employee.key] = _let_in(owner, employee)
    for key, (name, capacity) in cast.ROOMS.items():
        company.rooms[key] = Room.objects.create(team=owner.team, name=name, capacity=capacity)
    for key, (email, first_name, last_name, language, timezone) in cast.GUESTS.items():
        card = save_guest(
            company.members["carmen"],
            email=email,
            first_name=first_name,
            last_name=last_name,
            language=language,
            timezone=timezone,
        )
        assert isinstance(card, Guest)
        company.guests[key] = card
    for employee in cast.EMPLOYEES:
        if employee.has_sender:
            company.senders[employee.key] = _choose_own_address(company.members[employee.key])
    _make_operator()
    # Everybody has the same password: hashing it is slow on purpose, so it is done once.
    User.objects.update(password=make_password(cast.PASSWORD))
    return company


def _found_team(employee: cast.Employee) -> Membership:
    return membership.create_team(
        cast.NAME,
        email=employee.email,
        owner_name=employee.name,
        plan=Plan.BUSINESS,
        language=employee.language,
        timezone=cast.MADRID,
        is_confirmed=True,
    )


def _let_in(owner: Membership, employee: cast.Employee) -> Membership:
    """Ask a colleague to join and let them accept."""
    invitation, _token = joining.invite(owner, email=employee.email, role=employee.role)
    user = User.objects.create_user(
        employee.email, name=employee.name, language=employee.language, timezone=cast.MADRID
    )
    addresses.confirm(user)
    return joining.accept(invitation, user)


def _make_operator() -> None:
    """Let the operator into Django's administration, where plans are set."""
    User.objects.create_superuser(
        cast.OPERATOR, name="Operador", language="es", timezone=cast.MADRID
    )


def _choose_own_address(member: Membership) -> Sender:
    """Answer the question of the first invitation: from my own address."""
    return senders.choose(member, None)
