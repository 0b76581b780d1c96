"""The mailbox of a sender address: connect it, see whether answers are read, disconnect it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from convoca.mail import mailboxes
from convoca.mail.models import Sender
from convoca.mail.refusals import Refused
from convoca.web.forms.mailboxes import MailboxForm
from convoca.web.views.acting import MemberRequest, member_required


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def connect(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Try a real login to the mailbox, and read answers there from then on."""
    sender = _find_own(request, sender_id)
    connected = mailboxes.of(sender)
    form = MailboxForm(request.POST or None, sender=sender, connected=connected)
    if form.is_valid():
        try:
            mailboxes.connect(request.member, sender, form.login)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            told = _("Answers that arrive at %(address)s are being read now.")
            messages.success(request, told % {"address": sender.email})
            return redirect("senders")
    context = {
        "sender": sender,
        "mailbox": connected,
        "form": form,
        "answers_reach_us": bool(settings.REPLY_DOMAIN),
    }
    return render(request, "web/senders/mailbox.html", context)


@require_POST
@member_required
def disconnect(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Stop reading the mailbox."""
    sender = _find_own(request, sender_id)
    mailboxes.disconnect(request.member, sender)
    told = _("Answers that arrive at %(address)s are no longer read.")
    messages.success(request, told % {"address": sender.email})
    return redirect("senders")


def _find_own(request: MemberRequest, sender_id: UUID) -> Sender:
    own = Sender.objects.owned_by(request.member).filter(confirmed_at__isnull=False)
    return get_object_or_404(own, public_id=sender_id)
