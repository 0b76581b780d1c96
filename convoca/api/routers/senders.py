"""The addresses invitations go from: adding one, proving it, taking it away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from convoca.api.access import ApiRequest
from convoca.api.mailing import CodeIn, ImapIn, SenderIn, SenderOut, SenderPatch
from convoca.api.paging import Paging, page
from convoca.mail import mailboxes, senders
from convoca.mail.models import Sender

router = Router(tags=["senders"])


@router.get("", response=list[SenderOut])
def list_senders(
    request: ApiRequest, response: HttpResponse, paging: Query[Paging]
) -> list[SenderOut]:
    """List what the user can send from, the recommended address first.

    `is_default` marks where invitations go from that name no sender.
    """
    default = senders.default_for(request.auth)
    choices = page(request, response, senders.choices(request.auth), paging)
    return [SenderOut.of_choice(choice, default, request.auth) for choice in choices]


@router.post("", response={201: SenderOut})
def add_sender(request: ApiRequest, typed: SenderIn) -> Status:
    """Add an address: a code is mailed to it, or with `smtp` its own server is tried.

    With `imap` the server of its mailbox is tried as well, and answers are read there.
    """
    fields = typed.model_dump(exclude={"smtp", "imap"})
    login = senders.SmtpLogin(**typed.smtp.model_dump()) if typed.smtp else None
    mailbox = _login(typed.imap) if typed.imap else None
    added = senders.add(request.auth, **fields, login=login, mailbox=mailbox)
    return Status(201, SenderOut.of(added))


@router.patch("/{uuid:sender_id}", response=SenderOut)
def change_sender(request: ApiRequest, sender_id: UUID, typed: SenderPatch) -> SenderOut:
    """Connect the mailbox of one's own address, after a login there, or stop reading it."""
    sender = _own(request, sender_id)
    if typed.imap:
        mailboxes.connect(request.auth, sender, _login(typed.imap))
    else:
        mailboxes.disconnect(request.auth, sender)
    return SenderOut.of(sender)


@router.post("/{uuid:sender_id}/confirm", response=SenderOut)
def confirm_sender(request: ApiRequest, sender_id: UUID, typed: CodeIn) -> SenderOut:
    """Confirm an address with the code that came to it."""
    return SenderOut.of(senders.confirm(_own(request, sender_id), typed.code))


@router.post("/{uuid:sender_id}/code", response={204: None})
def send_code(request: ApiRequest, sender_id: UUID) -> Status:
    """Mail a new code to an address; it ends the older one."""
    senders.send_code(_own(request, sender_id))
    return Status(204, None)


@router.delete("/{uuid:sender_id}", response={204: None})
def remove_sender(request: ApiRequest, sender_id: UUID) -> Status:
    """Take an address off every list."""
    team = Sender.objects.of_team(request.auth)
    senders.remove(request.auth, get_object_or_404(team, public_id=sender_id))
    return Status(204, None)


def _login(typed: ImapIn) -> mailboxes.ImapLogin:
    return mailboxes.ImapLogin(**typed.model_dump())


def _own(request: ApiRequest, sender_id: UUID) -> Sender:
    own = Sender.objects.of_team(request.auth).filter(owner=request.auth)
    return get_object_or_404(own, public_id=sender_id)
