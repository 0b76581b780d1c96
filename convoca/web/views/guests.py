"""The address book: the guests that the whole team can invite (rule S5)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from convoca.accounts.invalid import Invalid
from convoca.accounts.models import Membership
from convoca.guests import addressbook, aliases
from convoca.guests.models import Guest
from convoca.invitations.reaching import contacts, suppressed
from convoca.web.forms.complaints import show
from convoca.web.forms.guests import GuestForm
from convoca.web.views.acting import MemberRequest, member_required

ON_A_PAGE = 50


@require_safe
@member_required
def book(request: MemberRequest) -> HttpResponse:
    """List the cards, those with every word of `?q=`."""
    text = request.GET.get("q", "").strip()[:200]
    cards = Guest.objects.visible_to(request.member).matching(text)
    page = Paginator(cards, ON_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    why = suppressed.among(request.member, [card.email_key for card in shown])
    lost = contacts.unreached(request.member, shown)
    context = {
        "page": page,
        "cards": [(card, why.get(card.email_key), lost.get(card.pk)) for card in shown],
        "text": text,
        "suppressed": suppressed.count(request.member),
    }
    return render(request, "web/guests/book.html", context)


@require_safe
@member_required
def not_written_to(request: MemberRequest) -> HttpResponse:
    """List the addresses that mails came back from, and who wishes for none."""
    found = suppressed.of(request.member)
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/guests/suppressed.html", {"page": page, "suppressed": len(found)})


@require_POST
@member_required
def lift(request: MemberRequest) -> HttpResponse:
    """Write to an address again that mails came back from."""
    email = request.POST.get("email", "")[:254]
    try:
        is_lifted = suppressed.lift(request.member, email)
    except Invalid as refusal:
        messages.error(request, str(refusal))
    else:
        if is_lifted:
            text = _("Mails go to %(email)s again from now on.") % {"email": email}
            messages.success(request, text)
    return redirect("guests-suppressed")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def new(request: MemberRequest) -> HttpResponse:
    """Add a card; who accepts JSON gets the person back as the attendee picker needs them."""
    wants_json = not request.accepts("text/html")
    form = GuestForm(request.POST or None)
    if form.is_valid():
        is_known = _is_known(request.member, form.cleaned_data["email"])
        try:
            person = addressbook.save_guest(request.member, **form.cleaned_data)
        except Invalid as refusal:
            show(form, refusal)
        else:
            if wants_json:
                return JsonResponse(_describe(person), status=200 if is_known else 201)
            messages.success(request, _saved(person, is_known))
            return redirect("guests" if isinstance(person, Guest) else "team")
    if wants_json and request.method == "POST":
        return JsonResponse(_errors(form), status=422)
    return render(request, "web/guests/form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def edit(request: MemberRequest, guest_id: UUID) -> HttpResponse:
    """Change a card."""
    guest = _find(request, guest_id)
    form = GuestForm(request.POST or None, guest=guest)
    if form.is_valid():
        try:
            addressbook.change_guest(request.member, guest, **form.cleaned_data)
        except Invalid as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The card of %(name)s is saved.") % {"name": guest.name})
            if left := contacts.with_former_address(guest):
                messages.warning(request, _left(left))
            return redirect("guests")
    listed = suppressed.of(request.member, only=guest.email_key)
    context = {
        "form": form,
        "guest": guest,
        "aliases": guest.aliases.all(),
        "listed": listed,
        "contacts": contacts.of(request.member, guest),
    }
    return render(request, "web/guests/form.html", context)


@require_POST
@member_required
def forget_alias(request: MemberRequest, guest_id: UUID, alias_id: UUID) -> HttpResponse:
    """Forget another address of a guest."""
    guest = _find(request, guest_id)
    aliases.remove(request.member, guest, alias_id)
    return redirect("guest-edit", guest.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def delete(request: MemberRequest, guest_id: UUID) -> HttpResponse:
    """Ask, then delete a card."""
    guest = _find(request, guest_id)
    if request.method == "POST":
        addressbook.delete_guest(request.member, guest)
        messages.success(request, _("The card of %(name)s is deleted.") % {"name": guest.name})
        return redirect("guests")
    return render(request, "web/guests/delete.html", {"guest": guest})


def _find(request: MemberRequest, guest_id: UUID) -> Guest:
    return get_object_or_404(Guest.objects.visible_to(request.member), public_id=guest_id)


def _is_known(member: Membership, email: str) -> bool:
    return bool(addressbook.known(member, [addressbook.NewGuest(email=email.strip()).key]))


def _saved(person: Guest | Membership, is_known: bool) -> str:
    if isinstance(person, Membership):
        text = _("%(name)s is a colleague and can be invited as such.")
    elif is_known:
        text = _("%(name)s was in the address book already.")
    else:
        text = _("%(name)s is in the address book.")
    return text % {"name": person.name}


def _left(count: int) -> str:
    text = ngettext(
        "%(n)d event to come still has the former address: correct it there, behind the name.",
        "%(n)d events to come still have the former address: correct it there, behind the name.",
        count,
    )
    return text % {"n": count}


def _describe(person: Guest | Membership) -> dict[str, Any]:
    kind = "GUEST" if isinstance(person, Guest) else "MEMBER"
    return {
        "key": f"{kind.lower()}:{person.public_id}",
        "kind": kind,
        "id": str(person.public_id),
        "name": person.name,
        "email": person.email,
    }


def _errors(form: GuestForm) -> dict[str, Any]:
    fields = [
        {"field": field, "message": str(message)}
        for field, messages_ in form.errors.items()
        for message in messages_
    ]
    return {"errors": fields, "detail": " ".join(error["message"] for error in fields)}
