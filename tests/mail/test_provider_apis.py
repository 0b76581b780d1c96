"""Why mails leave by a provider's SMTP relay: hardly one of the APIs can carry a calendar part.

No API is called; django-anymail builds, or refuses to build, what it would send. Should one of
these fail after an upgrade, `docs/decisions/mail-providers.md` is to be thought over again.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from anymail.exceptions import AnymailUnsupportedFeature
from django.core.mail import EmailMultiAlternatives, get_connection

REFUSING = (
    *("brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill"),
    *("postal", "postmark", "resend", "scaleway", "sparkpost", "unisender_go"),
)
CALENDAR = "text/calendar; charset=UTF-8; method=REQUEST"


@pytest.fixture(autouse=True)
def keys(settings) -> None:
    names = ("API_KEY", "API_TOKEN", "SECRET_KEY", "SERVER_TOKEN", "PROJECT_ID", "SENDER_DOMAIN")
    providers = [name.upper() for name in (*REFUSING, "sendgrid")]
    settings.ANYMAIL = {f"{one}_{name}": "x" for one in providers for name in names}
    settings.ANYMAIL |= {f"{one}_API_URL": "https://api.example/" for one in providers}


def send(provider: str, calendar: str = CALENDAR) -> None:
    mail = EmailMultiAlternatives("Lunch", "Text", "alice@acme.example", ["gwen@guest.example"])
    mail.attach_alternative("<p>Text</p>", "text/html")
    mail.attach_alternative("BEGIN:VCALENDAR", calendar)
    mail.attach("invite.ics", b"BEGIN:VCALENDAR", "application/ics")
    get_connection(f"anymail.backends.{provider}.EmailBackend").send_messages([mail])


@pytest.mark.parametrize("provider", REFUSING)
def test_most_apis_take_no_calendar_part(provider: str):
    with pytest.raises(AnymailUnsupportedFeature, match="text/calendar"):
        send(provider)


@pytest.mark.filterwarnings("ignore:django-anymail has dropped")
def test_one_would_be_given_it_with_its_method(monkeypatch):
    asked: list[Any] = []

    def keep(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> None:
        asked.append(json.loads(request.body or b""))
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "send", keep)
    with pytest.raises(Exception, match="Error posting"):
        send("sendgrid")
    assert [part["type"] for part in asked[0]["content"]] == ["text/plain", "text/html", CALENDAR]
