"""The operator pauses mails at the command line, and everybody who must know sees it."""

import pytest
from django.core.management import call_command
from django.test import Client

from convoca.accounts.models import Membership
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.mail.traffic import pausing
from convoca.worker import post
from convoca.worker.doctor import work
from tests.builders import draft
from tests.support.smtp import SmtpServer


@pytest.fixture(autouse=True)
def clock(time_machine, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    time_machine.move_to("2026-11-20T10:00Z", tick=True)
    return time_machine


@pytest.fixture
def event(alice: Membership, sender: Sender, gwen: Guest) -> Event:
    return scheduling.save_event(alice, draft(sender=sender, attendees=[gwen]))


def page_of(event: Event, member: Membership) -> str:
    client = Client()
    client.force_login(member.user)
    return client.get(f"/events/{event.public_id}/").content.decode()


def test_a_paused_worker_sends_nothing_until_it_is_resumed(event: Event, smtp: SmtpServer, capsys):
    call_command("pause_mail")
    assert post.send_due() == 0
    assert smtp.mails == []
    call_command("resume_mail")
    assert post.send_due() == 1
    assert capsys.readouterr().out == (
        "Mails are paused since 2026-11-20 10:00 UTC.\n"
        "Mails leave again, which were paused since 2026-11-20 10:00 UTC.\n"
    )


def test_resuming_twice_says_so(db: None, capsys):
    call_command("resume_mail")
    assert capsys.readouterr().out == "Mails were not paused.\n"


def test_hosts_see_the_pause_while_their_mails_wait(event: Event, alice: Membership):
    sentence = "Mails are paused by the operator since"
    assert sentence not in page_of(event, alice)
    call_command("pause_mail", reason="New mail\nserver <b>")
    assert sentence in page_of(event, alice)
    assert "New mail server &lt;b&gt;" in page_of(event, alice)


def test_hosts_whose_mails_have_left_see_no_pause(
    event: Event, alice: Membership, smtp: SmtpServer
):
    post.send_due()
    call_command("pause_mail")
    assert "paused by the operator" not in page_of(event, alice)


def test_the_doctor_says_since_when_mails_are_paused_and_how_many_wait(event: Event):
    call_command("pause_mail", reason="moving")
    (finding,) = work.check_outbox()
    assert finding.level == "WARNING"
    assert finding.text == (
        "Paused since 2026-11-20 10:00 UTC (moving); waiting: 1. "
        "They leave with `convoca resume-mail`."
    )
    assert pausing.paused()
