"""The words of real servers that put mails off: who is to come again, who sends too much."""

from __future__ import annotations

import datetime as dt

import pytest

from convoca.mail.transport import deferrals

MINUTE = dt.timedelta(minutes=1)

GREYLISTING = [
    "450 4.2.0 <gwen@guest.example>: Recipient address rejected: Greylisted, see http://x.example/",
    "451 4.7.1 Hello [192.0.2.1], the policy analysis reported: Greylisted, see http://x.example/",
    "450 4.7.1 <gwen@guest.example>: Recipient address rejected: Greylisted for 5 minutes",
    "451 4.7.1 Greylisting in action, please come back later",
    "451 4.7.1 Try again later",
    "451 4.7.1 Service unavailable - try again later",
    "451 Temporary failure, please try again later.",
    "451 4.3.0 Graylisted, retry in 60 seconds",
]
SYSTEM = [
    "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)",
    "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to reputation",
    "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail",
    "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume",
    "450 4.7.1 Error: too much mail from 192.0.2.1",
    "451 4.7.1 Too many messages, try again later",
    "421 4.4.2 Message submission rate for this client has exceeded the configured limit",
    "421 Too many concurrent connections",
    "450 Too many connections from your host",
    "450 4.3.2 Service currently unavailable",
    "451 Requested action aborted: local error in processing",
]
MAILBOX = [
    "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more",
    "452 4.2.2 Mailbox full: too many messages",
    "450 4.1.1 Unverified address",
    "450 Mailbox busy",
    "450 4.7.1 Client host rejected: cannot find your hostname",
]


def spoken(line: str) -> tuple[int, str]:
    return int(line[:3]), line[4:]


@pytest.mark.parametrize("line", GREYLISTING)
def test_a_greylist_asks_each_mail_to_come_again(line: str):
    assert deferrals.wait(*spoken(line), attempts=0) >= MINUTE
    assert not deferrals.is_about_system(*spoken(line))


@pytest.mark.parametrize("line", SYSTEM)
def test_a_busy_or_throttling_server_wants_a_rest_from_all(line: str):
    assert deferrals.is_about_system(*spoken(line))
    assert deferrals.wait(*spoken(line), attempts=0) == dt.timedelta()


@pytest.mark.parametrize("line", MAILBOX)
def test_trouble_of_one_mailbox_says_nothing_of_the_others(line: str):
    assert not deferrals.is_about_system(*spoken(line))
    assert deferrals.wait(*spoken(line), attempts=0) == dt.timedelta()


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Greylisting in action, please come back in 00:05:00", 305),
        ("Greylisted for 5 minutes", 305),
        ("Greylisted for 300 seconds", 305),
        ("Greylisted, please wait 3 s", 60),
        ("Greylisted, come back in 99999 hours", 4 * 3600),
        ("Greylisted", 60),
    ],
)
def test_what_the_greylist_says_counts_within_reason(words: str, seconds: int):
    assert deferrals.wait(451, words, attempts=0) == dt.timedelta(seconds=seconds)


def test_a_greylist_that_names_no_time_is_visited_less_and_less_often():
    waits = [deferrals.wait(450, "Greylisted", attempts=count) / MINUTE for count in range(6)]
    assert waits == [1, 2, 4, 8, 15, 15]
    assert deferrals.wait(550, "Greylisted for ever", attempts=0) == dt.timedelta()
