"""The demo's cast: who works at the company, where they meet, and whom they know outside."""

from __future__ import annotations

from dataclasses import dataclass

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
    Employee("lucia", "Lucía Ferrer", "OWNER", "dirección · director"),
    Employee("marc", "Marc Soler", "ADMIN", "producción · production"),
    Employee("carmen", "Carmen Ortega", "MEMBER", "ventas · sales"),
    Employee("emily", "Emily Clarke", "MEMBER", "exportación · export", language="en"),
    Employee(
        "nerea",
        "Nerea Ibáñez",
        "MEMBER",
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
