"""Who works at the demo's company, where they meet, and whom they know outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from convoca.accounts import joining, membership
from convoca.accounts.models import Membership, Plan, Role
from convoca.calendars.models import Room
from convoca.guests.addressbook import save_guest
from convoca.guests.models import Guest
from convoca.mail import senders
from convoca.mail.models import Sender
from convoca.worker.demo.listener import REFUSED_DOMAIN

NAME = "Cerámica Albufera"
DOMAIN = "albufera.example"
PASSWORD = "azulejo-verde"  # noqa: S105 (printed at every start)
OPERATOR = "operador@convoca.example"
MADRID = "Europe/Madrid"


@dataclass(frozen=True)
class Employee:
    """One login of the demo; whoever has chosen a sender is not asked for it any more."""

    key: str
    name: str
    role: str
    job: str
    language: str = "es"
    has_sender: bool = True

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


EMPLOYEES = [
    Employee("lucia", "Lucía Ferrer", Role.OWNER, "dirección · director"),
    Employee("marc", "Marc Soler", Role.ADMIN, "producción · production"),
    Employee("carmen", "Carmen Ortega", Role.MEMBER, "ventas · sales"),
    Employee("emily", "Emily Clarke", Role.MEMBER, "exportación · export", language="en"),
    Employee(
        "nerea",
        "Nerea Ibáñez",
        Role.MEMBER,
        "diseño · design (sin remitente aún · no sender yet)",
        has_sender=False,
    ),
]

ROOMS = {"azul": ("Sala Azul", 8), "muestras": ("Sala de muestras", 20)}

# key: address, first and last name, language, time zone
GUESTS = {
    "ines": ("ines@valcarcel.example", "Inés", "Valcárcel", "es", MADRID),
    "sofia": ("sofia.marin@hotelalmenara.example", "Sofía", "Marín", "es", "Atlantic/Canary"),
    "james": ("james@holloway.example", "James", "Holloway", "en", "Europe/London"),
    "maya": ("maya.chen@tileandstone.example", "Maya", "Chen", "en", "America/New_York"),
    "claire": ("claire@atelier-dubois.example", "Claire", "Dubois", "en", "Europe/Paris"),
    "pau": ("pau@transportesbosch.example", "Pau", "Bosch", "es", MADRID),
    "joan": ("joan.miralles@gestoria.example", "Joan", "Miralles", "es", MADRID),
    "teresa": ("tgil@institutmanises.example", "Teresa", "Gil", "es", MADRID),
    "vicent": ("vicent@esmaltesroig.example", "Vicent", "Roig", "es", MADRID),
    "ramon": (f"ramon.pena@{REFUSED_DOMAIN}", "Ramón", "Peña", "es", MADRID),
}


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
    owner = company.members["lucia"] = _found_team(EMPLOYEES[0])
    for employee in EMPLOYEES[1:]:
        company.members[employee.key] = _let_in(owner, employee)
    for key, (name, capacity) in ROOMS.items():
        company.rooms[key] = Room.objects.create(team=owner.team, name=name, capacity=capacity)
    for key, (email, first_name, last_name, language, timezone) in GUESTS.items():
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
    for employee in EMPLOYEES:
        if employee.has_sender:
            company.senders[employee.key] = _choose_own_address(company.members[employee.key])
    return company


def _found_team(employee: Employee) -> Membership:
    return membership.create_team(
        NAME,
        email=employee.email,
        owner_name=employee.name,
        password=PASSWORD,
        plan=Plan.BUSINESS,
        language=employee.language,
        timezone=MADRID,
        is_confirmed=True,
    )


def _let_in(owner: Membership, employee: Employee) -> Membership:
    invitation, _token = joining.invite(owner, email=employee.email, role=employee.role)
    return joining.accept_as_new(
        invitation,
        name=employee.name,
        password=PASSWORD,
        language=employee.language,
        timezone=MADRID,
    )


def _choose_own_address(member: Membership) -> Sender:
    """Answer the question of the first invitation: from my own address."""
    return senders.choose(member, None)
