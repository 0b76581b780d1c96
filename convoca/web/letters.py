"""Short mails about accounts: written once as text, drawn from it in Convoca's look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from convoca.mail.outbox.letters import inline

_CODE = re.compile(r"\d{6}")


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph of a letter: `kind` is text, code, button (with `url`) or foot."""

    kind: str
    text: str
    url: str = ""


def compose(to: str, subject: str, text: str) -> EmailMultiAlternatives:
    """Return the letter to `to` in the active language; sending it is up to the caller.

    Paragraphs stand between blank lines. A line ending in a colon over a link to Convoca becomes
    a button, six digits alone a large code, what follows `--` the foot.
    """
    subject = " ".join(subject.split())
    text = re.sub(r"\n{3,}", "\n\n", text.strip())
    letter = EmailMultiAlternatives(subject, text + "\n", settings.DEFAULT_FROM_EMAIL, [to])
    body, _, foot = text.partition("\n\n-- \n")
    parts = [*_parts(body), *([Part("foot", foot)] if foot else [])]
    html = render_to_string("web/mail/letter.html", {"subject": subject, "parts": parts})
    letter.attach_alternative(inline(html), "text/html")
    return letter


def _parts(text: str) -> Iterator[Part]:
    for paragraph in text.split("\n\n"):
        head, _, last = paragraph.rpartition("\n")
        if head.endswith(":") and last.startswith(f"{settings.BASE_URL}/"):
            yield Part("button", head.removesuffix(":"), last)
        elif _CODE.fullmatch(paragraph):
            yield Part("code", paragraph)
        else:
            yield Part("text", paragraph)
