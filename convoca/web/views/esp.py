"""Where a mail provider (ESP) tells of mails that it could not deliver."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from convoca.invitations.reaching import bounces
from convoca.mail.transport import esp

logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def returned(request: HttpRequest) -> HttpResponse:
    """Take a call; what fails is answered so that the provider calls again.

    Providers look with GET or HEAD whether there is such a page.
    """
    if not settings.ESP:
        raise Http404
    if request.method == "POST":
        if "Authorization" not in request.headers:  # some send it only when asked
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="mail"'})
        try:
            found = esp.read(request)
        except esp.NotSetUp as error:
            logger.error("What %s tells cannot be read: %s", settings.ESP, error)
            return HttpResponse(status=503)
        bounces.take_returned(found, timezone.now())
    return HttpResponse()
