"""From which addresses invitations go: add one, confirm it, choose it, remove it (S6-S10).

Every page of a dialog is asked for by htmx and then comes as a fragment; `sender-ready` tells the
page around it that an address can be used, and the dialog goes on to whether its mails arrive.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from convoca.mail import senders
from convoca.mail.models import Preflight, Sender
from convoca.mail.proofs import codes
from convoca.mail.refusals import CodeTooSoon, Refused, SenderNotConfirmed, TooManyCodes
from convoca.standards.ical.address import normalise
from convoca.web.forms.senders import SERVER, CodeForm, SenderForm
from convoca.web.views.acting import MemberRequest, member_required

OWN_ADDRESS = "own"


@require_safe
@member_required
def overview(request: MemberRequest) -> HttpResponse:
    """List what the member can send from, and what waits for its code."""
    return render(request, "web/senders/overview.html", _choices(request))


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def new(request: MemberRequest) -> HttpResponse:
    """Add an address; a code goes to it, or its own server proves it.

    One that has its own server is named in `email` to be given another login.
    """
    email = request.POST.get("email") or request.GET.get("email", "")
    own = Sender.objects.owned_by(request.member).exclude(smtp_host="")
    known = own.filter(email_key=normalise(email)).first()
    form = SenderForm(request.POST or None, initial=_as_typed(known, email, request.member.name))
    if form.is_valid():
        typed = form.cleaned_data
        try:
            sender = senders.add(
                request.member,
                name=typed["name"],
                email=typed["email"],
                available_to_everyone=typed["available_to_everyone"],
                login=form.login,
            )
        except Refused as refusal:
            if waiting := _find_waiting(request, refusal, typed["email"]):
                return _code_page(request, waiting, CodeForm(), refused=str(refusal))
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return _added(request, sender) if sender.confirmed_at else _ask_code(request, sender)
    return render(request, "web/senders/new.html", {"form": form, "known": known})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def confirm(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Take the code that arrived at the address."""
    sender = _find_own(request, sender_id)
    if sender.confirmed_at:
        return _ready(request, sender)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            return _added(request, senders.confirm(sender, form.cleaned_data["code"]))
        except Refused as refusal:
            form.add_error("code", str(refusal))
    return _code_page(request, sender, form)


@require_POST
@member_required
def code(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Send a new code, or say why not yet."""
    sender = _find_own(request, sender_id)
    try:
        senders.send_code(sender)
    except Refused as refusal:
        return _code_page(request, sender, CodeForm(), refused=str(refusal))
    return _code_page(request, sender, CodeForm(), sent=True)


@require_safe
@member_required
def preflight(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Say whether mails from an address will arrive; a page asks until the worker has looked."""
    sender = _find_usable(request, str(sender_id))
    found = Preflight.objects.filter(sender=sender).first()
    context = {"sender": sender, "preflight": found, "is_open": "open" in request.GET}
    return render(request, "web/senders/preflight.html", context)


@require_POST
@member_required
def choose(request: MemberRequest) -> HttpResponse:
    """Make an address the default of all later invitations."""
    wanted = request.POST.get("sender", "")
    sender = None if wanted == OWN_ADDRESS else _find_usable(request, wanted)
    try:
        chosen = senders.choose(request.member, sender)
    except SenderNotConfirmed as refusal:
        return render(request, "web/senders/overview.html", _choices(request, str(refusal)))
    return _ready(request, chosen)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def delete(request: MemberRequest, sender_id: UUID) -> HttpResponse:
    """Ask, then take the address off every list."""
    removable = Sender.objects.of_team(request.member)
    if not request.member.is_admin:
        removable = removable.filter(owner=request.member)
    sender = get_object_or_404(removable, public_id=sender_id)
    if request.method == "POST":
        senders.remove(request.member, sender)
        messages.success(request, _("%(address)s is removed.") % {"address": sender.email})
        return redirect("senders")
    return render(request, "web/senders/delete.html", {"sender": sender})


def _as_typed(known: Sender | None, email: str, name: str) -> dict[str, Any]:
    """Return what the form shows at first; a stored password is shown to nobody."""
    if known is None:
        return {"email": email, "name": name}
    shown = ("name", "email", "available_to_everyone", *SERVER)
    return {name: getattr(known, name) for name in shown if name != "smtp_password"}


def _choices(request: MemberRequest, refused: str = "") -> dict[str, Any]:
    chosen = senders.default_for(request.member)
    return {"choices": senders.choices(request.member), "chosen": chosen, "refused": refused}


def _find_own(request: MemberRequest, sender_id: UUID) -> Sender:
    own = Sender.objects.of_team(request.member).filter(owner=request.member)
    return get_object_or_404(own, public_id=sender_id)


def _find_waiting(request: MemberRequest, refusal: Refused, email: str) -> Sender | None:
    """Return the address that was added before, when only its next code must wait."""
    if not isinstance(refusal, CodeTooSoon | TooManyCodes):
        return None
    own = Sender.objects.of_team(request.member).filter(owner=request.member)
    return own.filter(email_key=normalise(email)).first()


def _find_usable(request: MemberRequest, sender_id: str) -> Sender:
    own = Sender.objects.of_team(request.member).filter(owner=request.member)
    seen = (own | Sender.objects.usable_by(request.member)).distinct()
    return get_object_or_404(seen, public_id=_as_id(sender_id))


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ask_code(request: MemberRequest, sender: Sender) -> HttpResponse:
    if _is_fragment(request):
        return _code_page(request, sender, CodeForm())
    return redirect("sender-confirm", sender.public_id)


def _code_page(
    request: MemberRequest, sender: Sender, form: CodeForm, *, refused: str = "", sent: bool = False
) -> HttpResponse:
    newest = sender.codes.order_by("-created_at").first()
    ends_at = newest.created_at + codes.VALID if newest and not newest.ended_at else None
    context = {"sender": sender, "form": form, "ends_at": ends_at, "refused": refused, "sent": sent}
    return render(request, "web/senders/confirm.html", context)


def _added(request: MemberRequest, sender: Sender) -> HttpResponse:
    """Go on to whether mails from a new address arrive, and to its test mail."""
    answer = _ready(request, sender)
    return answer if _is_fragment(request) else redirect("sender-test", sender.public_id)


def _ready(request: MemberRequest, sender: Sender) -> HttpResponse:
    """Tell the dialog's page that the address can be used, or go back to the list."""
    if not _is_fragment(request):
        messages.success(
            request, _("Invitations can go from %(address)s now.") % {"address": sender.email}
        )
        return redirect("senders")
    response = render(request, "web/senders/ready.html", {"sender": sender})
    ready = {"id": str(sender.public_id), "label": str(sender)}
    response["HX-Trigger"] = json.dumps({"sender-ready": ready})
    return response


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
