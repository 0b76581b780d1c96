"""Files of events: taken in, served safely, and thrown away when nobody attached them."""

from __future__ import annotations

import datetime as dt

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from convoca.accounts.models import Membership
from convoca.calendars.models import File


def store(member: Membership, uploaded: UploadedFile) -> File:
    """Keep an uploaded file for an event to come; raise Invalid on `file` when it is too large."""
    raise NotImplementedError


def serve(file: File, request: HttpRequest) -> HttpResponseBase:
    """Return the file as a download that no browser runs; honours Range and HEAD."""
    raise NotImplementedError


def purge_orphans(now: dt.datetime) -> int:
    """Delete what nobody attached within a day, rows and bytes; return how many files."""
    raise NotImplementedError
