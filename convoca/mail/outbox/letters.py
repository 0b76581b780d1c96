"""Mails that are written when they are queued: codes, notices to members, news of an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import make_msgid, parseaddr
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from convoca.accounts.models import Team
from convoca.mail import outbox
from convoca.mail.models import Delivery, Sender
from convoca.mail.outbox import Finished, drafts
from convoca.standards.ical.address import domain_of
from convoca.standards.imip.compose import Letter, Mailbox, compose_enclosing, compose_plain


def post(
    key: str, template: str, context: Mapping[str, Any], *, recipient: str, **how: Any
) -> Delivery | None:
    """Write a letter, see `write`, and queue it once for this `key`.

    With a `wait` it leaves only then, and until then a later letter for the same `key` takes its
    place. Returns None when the key was there before, or that letter has left.
    """
    return queue(write(key, template, context, recipient=recipient, **how))


def queue(letter: Finished) -> Delivery | None:
    """Queue a letter that is written already; as `post`."""
    if letter.wait:
        return drafts.keep(letter)
    return outbox.enqueue_post(
        letter.key,
        recipient=letter.recipient,
        content=letter.content,
        team=letter.team,
        sender=letter.sender,
    )


def write(
    key: str,
    template: str,
    context: Mapping[str, Any],
    *,
    recipient: str,
    language: str,
    name: str = "",
    team: Team | None = None,
    sender: Sender | None = None,
    reply_to: Mailbox | None = None,
    enclosed: bytes = b"",
    message_id: str = "",
    wait: dt.timedelta = outbox.NO_GRACE,
) -> Finished:
    """Write a letter in the reader's language.

    It is made of the templates `<template>.subject.txt`, `.txt` and `.html` (extending
    `mail/letter.html`). It comes from `sender`, by default from the system. `enclosed` is a mail
    that is passed on with it, as a file. `message_id`, in angle brackets, is made up if there is
    none. Raises compose.Unmailable for an address that is none.
    """
    subject, text, html = _words(template, context, language)
    writer = _writer(sender)
    letter = Letter(
        sender=writer,
        recipient=Mailbox(address=recipient, name=name),
        subject=subject,
        text=text,
        html=html,
        message_id=message_id or make_msgid(domain=domain_of(writer.address)),
        date=timezone.now(),
        reply_to=reply_to,
    )
    if enclosed:
        content = compose_enclosing(letter, "message.eml", enclosed)
    else:
        content = compose_plain(letter)
    return Finished(
        key=key, recipient=recipient, content=content, team=team, sender=sender, wait=wait
    )


def _words(template: str, context: Mapping[str, Any], language: str) -> tuple[str, str, str]:
    """Return subject, text and HTML."""
    with translation.override(language):
        subject = render_to_string(f"{template}.subject.txt", dict(context)).strip()
        text = render_to_string(f"{template}.txt", dict(context)).strip() + "\n"
        html = render_to_string(f"{template}.html", {**context, "subject": subject})
    return subject, text, inline(html)


def _writer(sender: Sender | None) -> Mailbox:
    if sender is not None:
        return Mailbox(address=sender.email, name=sender.name)
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return Mailbox(address=address, name=name or "Convoca")


def inline(html: str) -> str:
    """Write the styles of a letter into its elements; the dark ones stay as they are."""
    return _inliner().inline(html)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)
