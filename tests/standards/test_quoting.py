"""What of a reply is the writer's own, however their mail program quotes."""

import time

import pytest

from convoca.standards.imip.quoting import own_words

GMAIL = """sí, pero media hora más tarde

El mar, 24 nov 2026 a las 10:00, Alice Álvarez (<alice@acme.example>)
escribió:

> Alice te invita
> ¿Vendrás?
"""
OUTLOOK = """I shall be late.

________________________________
From: Alice <alice@acme.example>
Sent: Tuesday
"""
ORIGINAL = """Later, please

-----Mensaje original-----
De: Alice
"""
MOBILE = """Ok!
On Tue, Alice <a@acme.example> wrote:
> Will you come?
"""
INLINE = """> Will you come?
Yes.
> At ten?
At eleven.
> Bye
"""
HEADER = """Fine
De: Alice <alice@acme.example>
Enviado: martes"""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (GMAIL, "sí, pero media hora más tarde"),
        (OUTLOOK, "I shall be late."),
        (ORIGINAL, "Later, please"),
        (MOBILE, "Ok!"),
        (INLINE, "> Will you come?\nYes.\n> At ten?\nAt eleven."),
        (HEADER, "Fine"),
        ("Yes\n-- \nGwen\nAcme", "Yes"),
        ("She wrote:\nnothing quoted", "She wrote:\nnothing quoted"),
        ("a\nb\nc\nd\n>e wrote:", "a\nb\nc\nd"),
        ("> only a quote", "> only a quote"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_the_quoted_tail_is_left_out(text: str, own: str):
    assert own_words(text) == own


@pytest.mark.parametrize(
    "text", ["> " * 99_999, "-" * 999_999, "wrote:\n" * 99_999, "_ -" * 99_999, "a\n" * 99_999]
)
def test_hostile_text_costs_little(text: str):
    begun = time.process_time()
    own_words(text)
    assert time.process_time() - begun < 4  # of the processor; tenths undisturbed
