"""S11: the event's option to tell its host of answers: on by default, and obeyed."""

from __future__ import annotations

from django.urls import reverse

from convoca.notifications.models import Notification

LUNCH = {"title": "Lunch", "start": "2026-11-24T14:00", "end": "2026-11-24T15:00"}


def test_s11_option_is_on_by_default(pages, door):
    box = pages.reader.open(reverse("event-new")).page.select_one("[name=notify_answers]")
    assert box.has_attr("checked")
    assert door.create(**LUNCH).notify_answers


def test_s11_host_who_switched_it_off_is_left_in_peace(door, gus, deliver, guest_opens):
    door.create(**LUNCH, who=[gus], notify_answers=False)
    [mail] = deliver()
    guest_opens(mail).press("Accept")
    assert deliver() == []
    assert not Notification.objects.exists()
