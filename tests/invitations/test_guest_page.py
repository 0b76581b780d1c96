"""The guest's page: a press answers, a look changes nothing, and every state explains itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
import time_machine
import vobject
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Attendee, Event, File
from convoca.guests.models import Guest
from convoca.invitations import links
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Sender
from convoca.notifications.models import Notification
from tests.builders import a_file, draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver


@pytest.fixture
def guest_client() -> Client:
    """A browser that keeps no cookies and sends no CSRF token."""
    return Client(enforce_csrf_checks=True)


def page(client: Client, token: str, query: str = "", status: int = 200) -> BeautifulSoup:
    response = client.get(f"/r/{token}/{query}")
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def words(soup: BeautifulSoup) -> str:
    return " ".join(soup.main.get_text(" ").split())


def answer(client: Client, token: str, value: str, **fields: str) -> Any:
    return client.post(f"/r/{token}/", {"answer": value, **fields})


def move(alice: Membership, meeting: Event) -> None:
    typed = dataclasses.replace(
        draft_of(meeting), start=wall("2035-11-28 16:00"), end=wall("2035-11-28 17:00")
    )
    scheduling.save_event(alice, typed, Event.objects.get(pk=meeting.pk))


def test_a_press_answers_and_can_be_changed(
    guest_client: Client, token: str, gwens: Invitation, alice: Membership
):
    soup = page(guest_client, token, "?answer=maybe")
    assert [one["value"] for one in soup.select("button[name=answer]")] == [
        *("accept", "maybe", "decline")
    ]
    assert soup.select_one("button[name=answer][aria-current]")["value"] == "maybe"
    response = answer(guest_client, token, "accept", note="Con tarta", sequence="0")
    assert (response.status_code, response["Location"]) == (303, f"/r/{token}/?done=1")
    text = words(page(guest_client, token, "?done=1"))
    assert "Vas a venir" in text
    assert "Con tarta" in text
    assert "Gracias" in text
    assert Notification.objects.get(kind="ANSWER").member == alice
    answer(guest_client, token, "decline")
    assert "No vas a venir" in words(page(guest_client, token))
    assert Attendee.objects.get(email_key=gwens.email_key).partstat == "DECLINED"


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)"},
    ],
)
def test_a_look_changes_nothing(
    guest_client: Client, token: str, gwens: Invitation, method: str, headers: dict[str, str]
):
    before = Invitation.objects.filter(pk=gwens.pk).values().get()
    for path in ("", "?answer=accept", "?answer=decline&done=1", "event.ics"):
        response = getattr(guest_client, method)(f"/r/{token}/{path}", headers=headers)
        assert response.status_code == 200
        assert not response.cookies
    for path in ("language/", "mail/", "opened/"):
        assert getattr(guest_client, method)(f"/r/{token}/{path}").status_code == 405
    assert Invitation.objects.filter(pk=gwens.pk).values().get() == before
    assert not Rsvp.objects.exists()
    assert Attendee.objects.get(email_key=gwens.email_key).partstat == "NEEDS-ACTION"


def test_the_page_says_all_there_is(
    guest_client: Client, alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    file = a_file(alice, name="Plan.pdf", size=1_200_000)
    scheduling.save_event(
        alice,
        draft(
            start=SOON,
            sender=sender,
            attendees=[gwen, gus],
            files=[file],
            location="https://meet.example/abc",
            description="<p>Bring <b>papers</b></p>",
            rrule="FREQ=WEEKLY;COUNT=3",
        ),
    )
    invitation = Invitation.objects.get(email_key=gus.email_key)
    soup = page(guest_client, links.token(invitation))
    text = words(soup)
    for said in (
        "Alice Álvarez invites you",
        "Tuesday, 27 November 2035, 04:00–05:00 (New York time)",
        "For Alice Álvarez: Tuesday, 27 November 2035, 10:00–11:00 (Madrid time)",
        "every week on Tuesday, 3 times",
        "Gwen López",
        "Plan.pdf",
        "Bring papers",
        "You answer as Gus Gray (gus@guest.example)",
    ):
        assert said in text
    hrefs = [link["href"] for link in soup.select("a[href]")]
    assert {"https://meet.example/abc", "mailto:alice@acme.example"} <= set(hrefs)


def test_pages_are_private(guest_client: Client, token: str):
    for path in (token, "nothing"):
        response = guest_client.get(f"/r/{path}/")
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert not response.cookies


def test_no_foreign_address_is_loaded(guest_client: Client, token: str):
    soup = page(guest_client, token)
    sources = [one.get("src") or one.get("href") for one in soup.select("[src], link[href]")]
    assert all(source.startswith("/") for source in sources)


def test_a_wrong_link_explains_itself(guest_client: Client, token: str):
    for wrong in ("nothing", token[:-1], token + "x", "%00", "💥"):
        response = guest_client.get(f"/r/{wrong}/", headers={"Accept-Language": "es"})
        assert response.status_code == 404
        assert "Este enlace no abre nada" in response.content.decode()
    assert answer(guest_client, "nothing", "accept").status_code == 404


def test_a_cancelled_meeting_offers_no_buttons(
    guest_client: Client, alice: Membership, meeting: Event, token: str
):
    scheduling.cancel_event(alice, meeting)
    soup = page(guest_client, token)
    assert "Esta reunión se ha cancelado" in words(soup)
    assert "alice@acme.example" in words(soup)
    assert not soup.select("button[name=answer]")
    assert answer(guest_client, token, "accept").status_code == 409
    assert not Rsvp.objects.exists()


def test_a_past_meeting_offers_no_buttons(guest_client: Client, meeting: Event, token: str):
    with time_machine.travel(dt.datetime(2035, 12, 1, tzinfo=dt.UTC)):
        soup = page(guest_client, token)
        assert "ya ha terminado" in words(soup)
        assert not soup.select("button[name=answer]")
        assert answer(guest_client, token, "accept").status_code == 409
    with time_machine.travel(dt.datetime(2036, 12, 1, tzinfo=dt.UTC)):
        soup = page(guest_client, token, status=410)
        assert "Room 4" not in words(soup)


def test_who_was_removed_sees_nothing_but_whom_to_ask(
    guest_client: Client, alice: Membership, meeting: Event, token: str, gus: Guest
):
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), attendees=[gus]), meeting)
    text = words(page(guest_client, token, status=410))
    assert "Ya no estás en la lista" in text
    assert "alice@acme.example" in text
    assert "Room 4" not in text
    assert "Gus" not in text
    assert answer(guest_client, token, "accept").status_code == 409
    assert guest_client.get(f"/r/{token}/event.ics").status_code == 410


def test_an_answer_to_a_page_left_open_is_asked_again(
    guest_client: Client, alice: Membership, meeting: Event, token: str, gwens: Invitation
):
    move(alice, meeting)
    response = answer(guest_client, token, "accept", sequence="0", note="Voy")
    assert response.status_code == 409
    soup = BeautifulSoup(response.content, "html.parser")
    assert "La hora ha cambiado mientras" in words(soup)
    assert soup.textarea.get_text(strip=True) == "Voy"
    assert Attendee.objects.get(email_key=gwens.email_key).partstat == "NEEDS-ACTION"
    assert answer(guest_client, token, "accept", sequence="1").status_code == 303


def test_the_page_shows_what_changed_since_the_answer(
    guest_client: Client, alice: Membership, meeting: Event, token: str
):
    answer(guest_client, token, "accept")
    assert not page(guest_client, token).select("del")
    move(alice, meeting)
    soup = page(guest_client, token)
    assert "Cambios desde tu respuesta" in words(soup)
    assert "27 de noviembre" in soup.find("del").get_text()
    assert "28 de noviembre" in soup.find("ins").get_text()
    assert soup.select("button[name=answer]")


@pytest.mark.parametrize("typed", ["", "ACCEPTED", "yes", "accept\x00"])
def test_nonsense_is_no_answer(guest_client: Client, token: str, typed: str):
    assert answer(guest_client, token, typed).status_code == 422
    assert not Rsvp.objects.exists()


@pytest.mark.parametrize("sequence", ["", "-1", "x", "9" * 30, "٣"])
def test_a_mangled_form_still_answers(guest_client: Client, token: str, sequence: str):
    assert answer(guest_client, token, "accept", sequence=sequence).status_code == 303


def test_the_language_is_switched_and_kept(
    guest_client: Client, alice: Membership, meeting: Event, token: str, gwens: Invitation
):
    assert page(guest_client, token).html["lang"] == "es"
    assert guest_client.post(f"/r/{token}/language/", {"language": "en"}).status_code == 303
    assert "Will you come?" in words(page(guest_client, token))
    guest_client.post(f"/r/{token}/language/", {"language": "tlh"})
    assert page(guest_client, token).html["lang"] == "en"
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), title="X"), meeting)
    assert deliver()[gwens.email]["Subject"].startswith("Changed: X")


def test_mail_can_be_stopped_and_started(
    guest_client: Client, alice: Membership, meeting: Event, token: str, gwens: Invitation
):
    guest_client.post(f"/r/{token}/mail/", {"mail": "stop"})
    assert "Ya no recibes correos de Acme" in words(page(guest_client, token))
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), title="X"), meeting)
    assert gwens.email not in deliver()
    guest_client.post(f"/r/{token}/mail/", {"mail": "start"})
    event = Event.objects.get(pk=meeting.pk)
    scheduling.save_event(alice, dataclasses.replace(draft_of(event), title="Y"), event)
    assert gwens.email in deliver()


def test_the_script_notes_that_the_page_was_used(
    guest_client: Client, token: str, gwens: Invitation
):
    assert guest_client.post(f"/r/{token}/opened/").status_code == 204
    gwens.refresh_from_db()
    first = gwens.opened_at
    assert first is not None
    guest_client.post(f"/r/{token}/opened/")
    gwens.refresh_from_db()
    assert gwens.opened_at == first


def test_too_many_presses_are_stopped(guest_client: Client, token: str):
    for turn in range(30):
        assert answer(guest_client, token, ("accept", "decline")[turn % 2]).status_code == 303
    response = answer(guest_client, token, "accept")
    assert (response.status_code, response["Retry-After"]) == (429, "600")
    assert "Espera un poco" in response.content.decode()
    assert page(guest_client, token)


def test_the_calendar_file_is_a_published_copy(guest_client: Client, token: str):
    response = guest_client.get(f"/r/{token}/event.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="event.ics"'
    calendar = vobject.readOne(response.content.decode())
    assert calendar.method.value == "PUBLISH"
    assert calendar.vevent.summary.value == "Contract review"
    assert not hasattr(calendar.vevent, "attendee")
    assert calendar.vevent.url.value == f"http://testserver/r/{token}/"


@pytest.fixture
def stored(alice: Membership, meeting: Event, settings: Any) -> File:
    """A file of the meeting, with bytes behind it."""
    file = a_file(alice, name="Plan.html", size=9, media_type="text/html", path="aa/plan")
    path = settings.FILES_DIR / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"<h1>1</h1>"[:9])
    File.objects.filter(pk=file.pk).update(event=meeting)
    return file


def test_files_come_through_the_guests_link(guest_client: Client, token: str, stored: File):
    response = guest_client.get(f"/r/{token}/files/{stored.public_id}/")
    assert b"".join(response.streaming_content) == b"<h1>1</h1"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    part = guest_client.get(f"/r/{token}/files/{stored.public_id}/", headers={"Range": "bytes=0-3"})
    assert part.status_code == 206


def test_files_end_with_the_invitation(
    guest_client: Client, alice: Membership, meeting: Event, token: str, stored: File, gus: Guest
):
    url = f"/r/{token}/files/{stored.public_id}/"
    with time_machine.travel(dt.datetime(2036, 2, 1, tzinfo=dt.UTC)):
        assert guest_client.get(url).status_code == 404
    typed = dataclasses.replace(draft_of(meeting), attendees=[gus])
    scheduling.save_event(alice, typed, meeting)
    assert guest_client.get(url).status_code == 404
    scheduling.cancel_event(alice, Event.objects.get(pk=meeting.pk))
    his = links.token(Invitation.objects.get(email_key=gus.email_key))
    assert guest_client.get(f"/r/{his}/files/{stored.public_id}/").status_code == 404


def test_a_link_opens_no_file_of_another_event(
    guest_client: Client, alice: Membership, mallory: Membership, token: str
):
    for member in (alice, mallory):
        file = a_file(member)
        assert guest_client.get(f"/r/{token}/files/{file.public_id}/").status_code == 404


def test_hostile_names_stay_text(
    guest_client: Client, alice: Membership, meeting: Event, gwens: Invitation, token: str
):
    hostile = "<script>alert(1)</script>"
    Event.objects.filter(pk=meeting.pk).update(title=hostile, location=hostile)
    Attendee.objects.filter(event=meeting).update(name=hostile)
    Invitation.objects.filter(pk=gwens.pk).update(name=hostile)
    answer(guest_client, token, "accept", note=hostile)
    soup = page(guest_client, token)
    assert all(script.get("src") for script in soup.select("script"))
    assert soup.h1.get_text() == hostile
    assert hostile in soup.blockquote.get_text()


def test_tokens_are_long_and_only_their_hash_is_stored(gwens: Invitation, token: str):
    assert len(token) == 32
    row = Invitation.objects.filter(pk=gwens.pk).values().get()
    assert token not in {str(value) for value in row.values()}
    assert links.find(gwens.nonce) is None
    assert links.find(gwens.token_hash) is None


def test_links_survive_a_new_server_key(gwens: Invitation, token: str, settings: Any):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert links.token(gwens) == token
    assert links.find(token) == gwens


def test_answers_are_told_at_the_time_they_came(guest_client: Client, token: str):
    before = timezone.now()
    answer(guest_client, token, "accept")
    assert before <= Rsvp.objects.get().answered_at <= timezone.now()
