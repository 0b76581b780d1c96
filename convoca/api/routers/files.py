"""Files for events: uploaded first, attached by the event that lists them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import File as Upload
from ninja import Router, Status, UploadedFile

from convoca.api.access import ApiRequest
from convoca.api.answers import FileOut
from convoca.calendars import files
from convoca.calendars.models import File

router = Router(tags=["files"])


@router.post("", response={201: FileOut})
def upload_file(request: ApiRequest, file: Upload[UploadedFile]) -> Status:
    """Keep a file; without an event it is deleted after a day."""
    return Status(201, FileOut.of(files.store(request.auth, file)))


@router.get("/{uuid:file_id}", response={200: None})
def download_file(request: ApiRequest, file_id: UUID) -> HttpResponseBase:
    """Download a file of the team's events, or an upload of one's own; honours Range."""
    member = request.auth
    seen = File.objects.filter(Q(uploaded_by=member) | ~Q(event=None), team_id=member.team_id)
    return files.serve(get_object_or_404(seen, public_id=file_id), request)
