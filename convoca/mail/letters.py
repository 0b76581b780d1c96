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
from convoca.mail import drafts, outbox
from convoca.mail.models import Delivery
from convoca.standards.imip.compose import Letter, Mailbox, compose_enclosing, compose_plain


def post(
    key: str,
    template: str,
    context: Mapping[str, Any],
    *,
    recipient: str,
    language: str,
    name: str = "",
    team: Team | None = None,
    reply_to: Mailbox | None = None,
    enclosed: bytes = b"",
    message_id: str = "",
    wait: dt.timedelta | None = None,
) -> Delivery | None:
    """Write a letter in the reader's language and queue it once for this `key`.

    It is made of the templates `<template>.subject.txt`, `.txt` and `.html` (extending
    `mail/letter.html`). `enclosed` is a mail that is passed on with it, as a file.
    `message_id`, in angle brackets, is made up if there is none. With a `wait` it leaves only then,
    and until then a later letter for the same `key` takes its place. Raises compose.Unmailable for
    an address that is none.
    """
    with translation.override(language):
        subject = render_to_string(f"{template}.subject.txt", dict(context)).strip()
        text = render_to_string(f"{template}.txt", dict(context))
        html = render_to_string(f"{template}.html", {**context, "subject": subject})
    sender_name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    letter = Letter(
        sender=Mailbox(address=sender, name=sender_name or "Convoca"),
        recipient=Mailbox(address=recipient, name=name),
        subject=subject,
        text=text.strip() + "\n",
        html=inline(html),
        message_id=message_id or make_msgid(domain=sender.rpartition("@")[2]),
        date=timezone.now(),
        reply_to=reply_to,
    )
    if enclosed:
        content = compose_enclosing(letter, "message.eml", enclosed)
    else:
        content = compose_plain(letter)
    if wait is not None:
        return drafts.keep(key, recipient=recipient, content=content, team=team, wait=wait)
    return outbox.enqueue_post(key, recipient=recipient, content=content, team=team)


def inline(html: str) -> str:
    """Write the styles of a letter into its elements; the dark ones stay as they are."""
    return _inliner().inline(html)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)
