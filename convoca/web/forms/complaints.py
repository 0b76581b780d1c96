"""How the domain's refusals come back into the form they were typed in."""

from __future__ import annotations

from django import forms

from convoca.accounts.invalid import Invalid


def show(form: forms.BaseForm, refusal: Invalid) -> None:
    """Put every complaint beside its field, those about no field of the form above it."""
    for error in refusal.errors:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
