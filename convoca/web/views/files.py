"""Files of events, for those who are signed in: uploaded at once, downloaded safely."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from convoca.accounts.invalid import Invalid
from convoca.calendars import files
from convoca.calendars.models import File
from convoca.web.views.acting import MemberRequest, member_required


@require_POST
@member_required
def upload(request: MemberRequest) -> HttpResponse:
    """Keep one file for an event that is still being written; answer with its id."""
    uploaded = request.FILES.get("file")
    if uploaded is None:
        return JsonResponse({"detail": _("No file came.")}, status=422)
    try:
        file = files.store(request.member, uploaded)
    except Invalid as refusal:
        return JsonResponse({"detail": str(refusal)}, status=422)
    answer = {"id": str(file.public_id), "name": file.name, "size": file.size}
    return JsonResponse(answer, status=201)


@require_safe
@member_required
def download(request: MemberRequest, file_id: Any) -> HttpResponseBase:
    """Hand out a file of the member's team: one on an event, or one's own upload."""
    team_files = File.objects.filter(team_id=request.member.team_id)
    file = get_object_or_404(team_files, public_id=file_id)
    if file.event_id is None and file.uploaded_by_id != request.member.pk:
        return HttpResponse(status=404)
    return files.serve(file, request)
