"""A test mail from a sender's address to itself, and the page that says what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from convoca.mail import mailboxes
from convoca.mail.advice import advice
from convoca.mail.models import Delivery, Sender
from convoca.mail.proofs import trials
from convoca.mail.refusals import Refused
from convoca.web.views.acting import MemberRequest, member_required

# Advice about guests' addresses is of no use for one's own.
GUESTS_MATTER = {Delivery.Reason.UNKNOWN_ADDRESS, Delivery.Reason.FULL, Delivery.Reason.UNMAILABLE}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def test(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Show the last test mail; send one."""
    sender = _find_own(request, sender_id)
    refused = ""
    if request.method == "POST":
        try:
            trials.send(request.member, sender)
        except Refused as refusal:
            refused = str(refusal)
        else:
            return redirect("sender-test", sender.public_id)
    return render(request, "web/senders/test.html", _facts(sender) | {"refused": refused})


@require_safe
@member_required
def trial(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Say how far the last test mail is; its page asks until nothing more is to be expected."""
    facts = _facts(_find_own(request, sender_id))
    if facts["trial"] is None:
        return HttpResponse(status=204)
    return render(request, "web/senders/trial.html", facts)


def _facts(sender: Sender) -> dict[str, Any]:
    trial = trials.latest(sender)
    facts: dict[str, Any] = {"sender": sender, "trial": trial}
    if trial is None:
        return facts
    delivery, is_read = trial.delivery, mailboxes.of(sender) is not None
    last = delivery.tries.last()
    is_useful = delivery.reason not in GUESTS_MATTER
    return facts | {
        "is_read": is_read,
        "is_settled": trials.is_settled(trial, timezone.now(), is_read=is_read),
        "said": f"{last.code or ''} {last.response}".strip() if last else "",
        "advice": advice(delivery.status, delivery.reason) if is_useful else "",
    }


def _find_own(request: MemberRequest, sender_id: UUID) -> Sender:
    own = Sender.objects.owned_by(request.member).filter(confirmed_at__isnull=False)
    return get_object_or_404(own.select_related("preflight"), public_id=sender_id)
