"""Instants and days in few words."""

import datetime as dt

import time_machine
from django.utils import timezone, translation

from convoca.web.templatetags.moments import brief_day, brief_month, moment

THEN = dt.datetime(2026, 11, 22, 8, 57, tzinfo=dt.UTC)


@time_machine.travel("2026-12-01")
def test_an_instant_is_said_in_the_readers_zone_and_language():
    with timezone.override("Europe/Madrid"):
        with translation.override("en"):
            assert moment(THEN) == "22 Nov, 09:57"
        with translation.override("es"):
            assert moment(THEN) == "22 nov, 09:57"


@time_machine.travel("2027-01-10")
def test_another_year_is_named():
    with timezone.override("UTC"), translation.override("en"):
        assert moment(THEN) == "22 Nov 2026, 08:57"


def test_a_day_is_short():
    with translation.override("es"):
        assert brief_day(dt.date(2026, 11, 22)) == "22 nov"
        assert brief_month(dt.date(2026, 11, 22)) == "nov"
