"""Draws every form field with its label, help and errors the same way."""

from django.forms.renderers import DjangoTemplates


class Renderer(DjangoTemplates):
    """Uses the house's templates for a field and a whole form (`FORM_RENDERER`)."""

    form_template_name = "web/field/form.html"
    field_template_name = "web/field/field.html"
