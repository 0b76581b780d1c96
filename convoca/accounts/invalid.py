"""The answer to something typed that cannot be saved: which field, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True, slots=True)
class FieldError:
    """One complaint, in the reader's words; `field` is named as the domain names it."""

    field: str
    message: Words


class Invalid(Exception):
    """What was typed cannot be saved; `errors` holds every complaint at once."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__(self.errors)

    @classmethod
    def field(cls, field: str, message: Words) -> Invalid:
        """Complain about one field only."""
        return cls([FieldError(field, message)])

    def __str__(self) -> str:
        return " ".join(str(error.message) for error in self.errors)
