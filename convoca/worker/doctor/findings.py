"""What the doctor reports."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, ERROR = "OK", "WARNING", "ERROR"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    level: str  # OK, WARNING or ERROR
    about: str
    text: str
