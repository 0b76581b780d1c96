"""The mails themselves: MIME, words, languages, and what hostile titles cannot do to them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import email.policy
from typing import Any

import pytest
import vobject
from bs4 import BeautifulSoup
from django.utils import timezone

from convoca.accounts.models import Membership
from convoca.calendars.drafts import draft_of
from convoca.calendars.models import Event
from convoca.guests.models import Guest
from convoca.invitations import links, messages
from convoca.invitations.answers import rsvp
from convoca.invitations.models import Invitation, Rsvp
from convoca.invitations.saving import scheduling
from convoca.mail.models import Delivery, Sender
from convoca.mail.transit import Outcome, Outgoing
from convoca.standards.ical.model import Partstat
from tests.builders import a_file, draft, wall
from tests.invitations.conftest import SOON
from tests.invitations.post import deliver, part


def text_of(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def mailed(alice: Membership, sender: Sender, guest: Guest, **fields: Any) -> Any:
    typed = draft(**{"start": SOON, "sender": sender, "attendees": [guest]} | fields)
    scheduling.save_event(alice, typed)
    return deliver()[guest.email]


def test_mime_is_what_mail_programs_look_for(alice: Membership, sender: Sender, gwen: Guest):
    mail = mailed(alice, sender, gwen)
    [alternative, attachment] = mail.iter_parts()
    assert mail.get_content_type() == "multipart/mixed"
    assert [one.get_content_type() for one in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    calendar = list(alternative.iter_parts())[2]
    assert calendar.get_param("method") == "REQUEST"
    assert calendar["Content-Disposition"] is None
    assert attachment.get_content_type() == "application/ics"
    assert attachment.get_payload(decode=True) == calendar.get_payload(decode=True)
    assert [box.addr_spec for box in mail["From"].addresses] == [sender.email]
    assert str(mail["To"]) == "Gwen López <gwen@guest.example>"
    assert mail["Reply-To"].addresses[0].addr_spec == alice.email
    assert mail["Auto-Submitted"] == "auto-generated"


def test_another_parser_reads_the_same_event(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    mail = mailed(
        alice,
        sender,
        gwen,
        attendees=[gwen, gus],
        title="Reunión; con, «comas» y 🎉",
        location="Sala 4",
        rrule="FREQ=WEEKLY;COUNT=3",
    )
    calendar = vobject.readOne(part(mail, "calendar"))
    assert calendar.method.value == "REQUEST"
    event = calendar.vevent
    assert event.summary.value == "Reunión; con, «comas» y 🎉"
    assert event.dtstart.value.isoformat() == "2035-11-27T10:00:00+01:00"
    assert [one.value for one in event.attendee_list] == [
        "mailto:gwen@guest.example",
        "mailto:gus@guest.example",
    ]
    assert event.organizer.value == "mailto:alice@acme.example"
    assert event.rrule.value == "FREQ=WEEKLY;COUNT=3"


def test_each_guest_reads_their_own_language_and_zone(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    scheduling.save_event(
        alice,
        draft(start=SOON, sender=sender, attendees=[gwen, gus], rrule="FREQ=WEEKLY;COUNT=3"),
    )
    mails = deliver()
    spanish, english = mails[gwen.email], mails[gus.email]
    assert spanish["Subject"] == "Invitación: Contract review, mar 27 nov 2035, 10:00 (Madrid)"
    assert english["Subject"] == "Invitation: Contract review, Tue 27 Nov 2035, 04:00 (New York)"
    for body in (part(spanish, "plain"), text_of(part(spanish, "html"))):
        assert "artes, 27 de noviembre de 2035, 10:00–11:00 (hora de Madrid)" in body
        assert "Se repite: cada semana, los martes, 3 veces" in body
    for body in (part(english, "plain"), text_of(part(english, "html"))):
        assert "Tuesday, 27 November 2035, 04:00–05:00 (New York time)" in body
        assert "For Alice Álvarez: Tuesday, 27 November 2035, 10:00–11:00 (Madrid time)" in body
        assert "Repeats: every week on Tuesday, 3 times" in body


def test_text_and_html_say_all_there_is(alice: Membership, sender: Sender, gwen: Guest, gus: Guest):
    file = a_file(alice, name="Borrador.pdf", size=2_400_000)
    typed = draft(
        start=SOON,
        sender=sender,
        attendees=[gwen, gus],
        location="https://meet.example/abc",
        description="<p>Bring <b>papers</b></p>",
        files=[file],
    )
    event = scheduling.save_event(alice, typed, message="See you soon")
    mail = deliver()[gus.email]
    key = links.token(Invitation.objects.get(event=event, email_key=gus.email_key))
    urls = [
        *(links.rsvp_url(key, answer) for answer in rsvp.ANSWERS),
        links.file_url(key, str(file.public_id)),
        f"{links.rsvp_url(key)}#mail",
    ]
    soup = BeautifulSoup(part(mail, "html"), "html.parser")
    hrefs = [link["href"] for link in soup.find_all("a")]
    assert set(urls) <= set(hrefs)
    assert {"https://meet.example/abc", links.rsvp_url(key)} <= set(hrefs)
    assert all(url in part(mail, "plain") for url in [*urls, "https://meet.example/abc"])
    for body in (part(mail, "plain"), text_of(part(mail, "html"))):
        for said in (
            "Alice Álvarez invites you",
            "See you soon",
            "Gwen López, Gus Gray",
            "Borrador.pdf",
            "2.3 MB",
            "Bring papers",
            "put gus@guest.example on the guest list",
            "Stop these e-mails",
        ):
            assert said in body.replace("\N{NO-BREAK SPACE}", " ")
    calendar = part(mail, "calendar").replace("\n ", "")
    assert f"URL:{links.rsvp_url(key)}" in calendar
    assert links.file_url(key, str(file.public_id)) in calendar


def test_tokens_differ_and_nobody_gets_anothers(
    alice: Membership, meeting: Event, gwen: Guest, gus: Guest
):
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), title="X"), meeting)
    mails = deliver()
    keys = {row.email: links.token(row) for row in Invitation.objects.all()}
    for address, mail in mails.items():
        for owner, key in keys.items():
            assert (key in mail.as_string()) is False or owner == address
            for kind in ("plain", "html", "calendar"):
                body = part(mail, kind).replace("\n ", "")
                assert (key in body) == (owner == address)


def test_hidden_guests_are_named_nowhere(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    mail = mailed(alice, sender, gwen, attendees=[gwen, gus], hide_guests=True)
    for kind in ("plain", "html", "calendar"):
        assert "Gus" not in part(mail, kind)
        assert "gus@" not in part(mail, kind)
    assert len(vobject.readOne(part(mail, "calendar")).vevent.attendee_list) == 1


def test_long_lists_are_cut_short(alice: Membership, sender: Sender, gwen: Guest):
    crowd = Guest.objects.bulk_create(
        Guest(
            team=alice.team,
            email=f"g{n}@x.example",
            email_key=f"g{n}@x.example",
            first_name=f"N{n}",
        )
        for n in range(150)
    )
    mail = mailed(alice, sender, gwen, attendees=[*crowd, gwen])
    assert "y 132 más" in part(mail, "plain")
    assert len(mail.as_bytes()) < 15_000


HOSTILE = 'Hi\r\nBcc: all@x.example\r\n\r\n<script>alert(1)</script>" & {{ x }} %(host)s'


def test_a_hostile_title_stays_a_title(alice: Membership, sender: Sender, gwen: Guest):
    mail = mailed(alice, sender, gwen, title="A title")
    event = Event.objects.get()
    Event.objects.filter(pk=event.pk).update(title=HOSTILE)
    Guest.objects.filter(pk=gwen.pk).update(first_name="<b>x</b>\r\nBcc: y@x.example")
    sender.name = 'Al"ice\r\nBcc: z@x.example'
    sender.save()
    scheduling.save_event(
        alice,
        dataclasses.replace(
            draft_of(event), title=HOSTILE.replace("\r\n", " "), location=HOSTILE[:200]
        ),
        event,
        message="<img src=x onerror=alert(1)>",
    )
    mail = deliver()[gwen.email]
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    assert len(mail.get_all("To")) == len(mail.get_all("Subject")) == 1
    html = part(mail, "html")
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.find_all(["script", "img"])
    assert "<script>alert(1)</script>" in soup.h1.get_text()
    [vevent] = list(vobject.readComponents(part(mail, "calendar")))
    assert "script" in vevent.vevent.summary.value


def test_an_answer_given_meanwhile_is_kept_in_the_update(
    alice: Membership, meeting: Event, gwens: Invitation
):
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), title="X"), meeting)
    rsvp.record(gwens, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=timezone.now())
    mail = deliver()[gwens.email]
    attendees = vobject.readOne(part(mail, "calendar")).vevent.attendee_list
    assert {one.value: one.params["PARTSTAT"] for one in attendees} == {
        "mailto:gwen@guest.example": ["ACCEPTED"],
        "mailto:gus@guest.example": ["NEEDS-ACTION"],
    }
    assert "Tu respuesta: aceptada" in part(mail, "plain")


def test_a_moved_event_asks_again(alice: Membership, meeting: Event, gwens: Invitation):
    rsvp.record(gwens, Partstat.ACCEPTED, source=Rsvp.Source.WEB, now=timezone.now())
    typed = dataclasses.replace(
        draft_of(meeting), start=wall("2035-11-28 16:00"), end=wall("2035-11-28 17:00")
    )
    scheduling.save_event(alice, typed, meeting)
    mail = deliver()[gwens.email]
    soup = BeautifulSoup(part(mail, "html"), "html.parser")
    assert [one.get_text() for one in soup.find_all("del")] == [
        "martes, 27 de noviembre de 2035, 10:00–11:00 (hora de Madrid)"
    ]
    assert [one.get_text() for one in soup.find_all("ins")] == [
        "miércoles, 28 de noviembre de 2035, 16:00–17:00 (hora de Madrid)"
    ]
    assert "Responde para la nueva hora" in part(mail, "plain")


def test_mails_of_one_guest_and_event_make_a_thread(
    alice: Membership, meeting: Event, gwens: Invitation
):
    first = gwens.delivery.tries.get().message_id
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), title="X"), meeting)
    update = deliver()[gwens.email]
    assert update["References"] == update["In-Reply-To"] == first
    assert update["Message-ID"] != first


def test_a_second_try_repeats_the_message_id(alice: Membership, sender: Sender, gwen: Guest):
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen]))
    [delivery] = Delivery.objects.all()
    [(_one, first)], [(_two, second)] = messages.build([delivery]), messages.build([delivery])
    assert first.message_id == second.message_id
    assert first.message_id.encode() in first.content


def test_a_mail_in_doubt_is_sent_again_but_counts_for_a_removal(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    event = scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen, gus]))
    Delivery.objects.update(doubted=1)
    [(_one, again), _two] = messages.build(Delivery.objects.order_by("id"))
    assert b"method=REQUEST" in again.content
    scheduling.save_event(alice, dataclasses.replace(draft_of(event), attendees=[gus]), event)
    gone = Invitation.objects.get(email_key=gwen.email_key).delivery
    Delivery.objects.filter(pk=gone.pk).update(wanted=2, due_at=timezone.now())
    [(_one, removal)] = messages.build(Delivery.objects.filter(pk=gone.pk))
    assert b"method=CANCEL" in removal.content


def test_an_impossible_address_fails_alone(
    alice: Membership, sender: Sender, gwen: Guest, gus: Guest
):
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen, gus]))
    Invitation.objects.filter(email_key=gwen.email_key).update(email="not an address")
    results = {delivery.email: made for delivery, made in messages.build(Delivery.objects.all())}
    assert isinstance(results[gwen.email], Outcome)
    assert (results[gwen.email].status, results[gwen.email].reason) == ("FAILED", "UNMAILABLE")
    assert isinstance(results[gus.email], Outgoing)


def test_building_needs_no_query_per_guest(
    alice: Membership, sender: Sender, django_assert_max_num_queries: Any
):
    guests = Guest.objects.bulk_create(
        Guest(team=alice.team, email=f"g{n}@x.example", email_key=f"g{n}@x.example", language="es")
        for n in range(40)
    )
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=guests))
    deliveries = list(Delivery.objects.select_related("sender"))
    with django_assert_max_num_queries(8):
        built = list(messages.build(deliveries))
    assert all(isinstance(made, Outgoing) for _delivery, made in built)


def test_all_day_events_name_days_only(alice: Membership, sender: Sender, gus: Guest):
    mail = mailed(
        alice, sender, gus, start="2035-11-27 00:00", end="2035-11-29 00:00", all_day=True
    )
    assert mail["Subject"] == "Invitation: Contract review, Tue 27 Nov 2035"
    assert "When: Tuesday, 27 November 2035 – Wednesday, 28 November 2035\n" in part(mail, "plain")


def test_the_words_of_a_removed_guest(alice: Membership, meeting: Event, gus: Guest, gwen: Guest):
    scheduling.save_event(alice, dataclasses.replace(draft_of(meeting), attendees=[gwen]), meeting)
    text = part(deliver()[gus.email], "plain")
    assert "took you off the guest list" in text
    assert "answer=" not in text
    assert "/r/" not in text


@pytest.mark.parametrize("language", ["es", "en"])
def test_html_is_wellformed_and_dark_mode_survives(
    alice: Membership, sender: Sender, gwen: Guest, language: str
):
    Guest.objects.filter(pk=gwen.pk).update(language=language)
    gwen.refresh_from_db()
    html = part(mailed(alice, sender, gwen), "html")
    soup = BeautifulSoup(html, "html.parser")
    assert soup.html["lang"] == language
    assert len(soup.find_all("style")) == 1
    assert "prefers-color-scheme:dark" in soup.style.string
    assert soup.find("meta", {"name": "color-scheme"})["content"] == "light dark"
    assert soup.h1["style"]
    assert "<!--[if mso]>" in html
    assert len(html) < 8_000


def test_content_is_ascii_with_crlf(alice: Membership, sender: Sender, gwen: Guest):
    scheduling.save_event(alice, draft(start=SOON, sender=sender, attendees=[gwen], title="Año ñ"))
    [(_delivery, made)] = messages.build(Delivery.objects.all())
    assert made.content.isascii()
    assert b"\n" not in made.content.replace(b"\r\n", b"")
    assert max(map(len, made.content.split(b"\r\n"))) <= 998
    assert email.message_from_bytes(made.content, policy=email.policy.default)["Date"].datetime <= (
        dt.datetime.now(dt.UTC)
    )
