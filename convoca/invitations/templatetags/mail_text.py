"""How plain-text mails are laid out."""

from django import template

register = template.Library()


@register.filter
def indent(text: str) -> str:
    """Keep a value of several lines under the entry it belongs to."""
    return "\n    ".join(line for line in text.splitlines() if line.strip())
