"""What a mail provider tells by webhook of mails it could not deliver, each in its own form."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.test import Client

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.environment import ESPS
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender, Suppression
from convoca.mail.transport import esp, verp
from convoca.notifications.models import Notification
from convoca.worker import post
from convoca.worker.doctor import receiving
from tests.builders import draft
from tests.support.smtp import SmtpServer
from tests.web.provider_calls import AUTHORIZATION, KEY, SECRET, call, telling

pytestmark = pytest.mark.filterwarnings("ignore:django-anymail has dropped")


@pytest.fixture(params=ESPS)
def provider(request, settings) -> str:
    settings.ESP, settings.ESP_SECRET = request.param, SECRET
    settings.ESP_SIGNING_KEY = KEY if esp.PROVIDERS[request.param].needs_key else ""
    return request.param


@pytest.fixture
def postmark(settings) -> None:
    settings.ESP, settings.ESP_SECRET = "postmark", SECRET


@pytest.fixture
def meeting(alice: Membership, gwen: Guest, sender: Sender, smtp: SmtpServer) -> Event:
    typed = draft(start="2099-11-24 10:00", sender=sender, attendees=[gwen])
    return scheduling.save_event(alice, typed)


def delivered(smtp: SmtpServer) -> Delivery:
    """Send the invitation; return its delivery."""
    post.send_due()
    assert len(smtp.mails) == 1
    return Delivery.objects.get(kind="INVITATION")


def mark_in(smtp: SmtpServer, provider: str) -> str:
    """Return the mark in the provider's header of the mail."""
    header = smtp.mails[0].message[esp.PROVIDERS[provider].header]
    found = re.search(r"\d+\.\d+\.[0-9a-f]{20}", str(header))
    assert found, header
    return found[0]


def test_each_provider_leads_to_the_delivery(
    client: Client, provider: str, meeting: Event, smtp: SmtpServer
):
    delivery = delivered(smtp)
    told = telling(provider, delivery.email, mark_in(smtp, provider))
    for _twice in range(2):
        assert call(client, provider, told) == 200
    delivery.refresh_from_db()
    assert (delivery.status, delivery.sent) == ("BOUNCED", 0)
    assert delivery.reason == "UNKNOWN_ADDRESS"
    assert Suppression.objects.get().email_key == delivery.email
    assert Notification.objects.filter(kind="FAILED").count() == 1
    assert delivery.tries.filter(outcome="BOUNCED").count() == 1


def test_who_has_not_the_secret_is_not_heard(
    client: Client, provider: str, meeting: Event, smtp: SmtpServer
):
    delivery = delivered(smtp)
    told = telling(provider, delivery.email, mark_in(smtp, provider))
    options: dict[str, Any] = {"content_type": "application/json"}
    assert client.post("/mail/returned/", told, **options).status_code == 401
    wrong = {"Authorization": "Basic " + base64.b64encode(b"provider:wrong").decode()}
    assert client.post("/mail/returned/", told, headers=wrong, **options).status_code == 400
    delivery.refresh_from_db()
    assert delivery.status == "SENT"


def test_what_makes_no_sense_changes_nothing(client: Client, provider: str, db: None):
    options: dict[str, Any] = {"content_type": "application/json"}
    options["headers"] = {"Authorization": AUTHORIZATION}
    for body in (b"", b"[]", b"{", b"null", b'{"RecordType": 7}', b"\xff", b"[[]]"):
        assert client.post("/mail/returned/", body, **options).status_code in (200, 400)


def test_a_mark_nobody_made_leads_nowhere(client: Client, postmark, meeting, smtp: SmtpServer):
    delivery = delivered(smtp)
    forged = f"1.{delivery.pk}.{'0' * 20}"
    assert call(client, "postmark", telling("postmark", delivery.email, forged)) == 200
    assert call(client, "postmark", telling("postmark", delivery.email, "")) == 200
    delivery.refresh_from_db()
    assert delivery.status == "SENT"


def test_without_a_mark_the_message_id_does(client: Client, settings, meeting, smtp: SmtpServer):
    settings.ESP, settings.ESP_SECRET = "sendgrid", SECRET
    delivery = delivered(smtp)
    (told,) = telling("sendgrid", delivery.email.upper(), "")
    told["smtp-id"] = smtp.mails[0].message["Message-ID"]
    assert call(client, "sendgrid", [told | {"email": "other@guest.example"}]) == 200
    delivery.refresh_from_db()
    assert delivery.status == "SENT"
    assert call(client, "sendgrid", [told]) == 200
    delivery.refresh_from_db()
    assert delivery.status == "BOUNCED"


def test_what_is_only_late_or_opened_is_no_bounce(client: Client, postmark, meeting, smtp):
    delivery = delivered(smtp)
    told = telling("postmark", delivery.email, mark_in(smtp, "postmark"))
    for change in ({"Type": "Transient"}, {"RecordType": "Open"}, {"RecordType": "Delivery"}):
        assert call(client, "postmark", told | change) == 200
    delivery.refresh_from_db()
    assert delivery.status == "SENT"


def test_an_older_mail_that_comes_back_leaves_the_newer_one(
    client: Client, alice, gwen, sender, postmark, meeting: Event, smtp: SmtpServer
):
    delivery = delivered(smtp)
    typed = draft(start="2099-11-25 10:00", sender=sender, attendees=[gwen])
    scheduling.save_event(alice, typed, meeting)
    post.send_due()
    call(client, "postmark", telling("postmark", delivery.email, mark_in(smtp, "postmark")))
    delivery.refresh_from_db()
    assert delivery.sent == 2


def test_a_senders_own_server_is_given_no_mark(postmark, meeting: Event, smtp, settings):
    settings.ALLOW_PRIVATE_SMTP = True
    Sender.objects.update(smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none")
    delivered(smtp)
    assert smtp.mails[0].message["X-PM-Metadata-convoca"] is None


def test_without_a_provider_there_is_no_such_page(client: Client, db: None):
    assert client.post("/mail/returned/").status_code == 404
    assert client.get("/mail/returned/").status_code == 404


def test_providers_may_look_whether_the_page_is_there(client: Client, postmark, db: None):
    assert client.head("/mail/returned/").status_code == 200
    assert client.get("/mail/returned/").status_code == 200


def test_half_a_set_up_is_told(client: Client, settings, db: None, monkeypatch):
    settings.ESP, settings.ESP_SECRET, settings.ESP_SIGNING_KEY = "mailgun", SECRET, ""
    headers = {"Authorization": AUTHORIZATION}
    assert client.post("/mail/returned/", headers=headers).status_code == 503
    (finding,) = receiving.check_provider()
    assert (finding.level, finding.about) == ("ERROR", "CONVOCA_ESP")
    assert "CONVOCA_ESP_SIGNING_KEY" in finding.text
    settings.ESP = "postmark"
    assert [one.level for one in receiving.check_provider()] == ["OK"]
    monkeypatch.setattr(esp, "import_module", lambda name: __import__("nothing_of_this_name"))
    assert "convoca[esp]" in next(iter(receiving.check_provider())).text


def test_every_provider_that_may_be_named_is_known():
    assert sorted(ESPS) == sorted(esp.PROVIDERS)
    assert verp.marked(verp.mark(7)) == 7
