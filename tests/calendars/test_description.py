"""What is typed as a description becomes safe HTML, and its text is complete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoca.calendars.description import plain_text, sanitise


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("One\ntwo\n\n\nthree", "<p>One<br>two</p><p>three</p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("write to <bob@x.example>", "<p>write to &lt;bob@x.example&gt;</p>"),
        ("<b>Bring</b> papers", "<b>Bring</b> papers"),
        ("<script>alert(1)</script><p>x</p>", "<p>x</p>"),
        ('<p onclick="evil()" style="x">x</p>', "<p>x</p>"),
        ("<img src=x onerror=alert(1)>", ""),
        ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
        (
            '<a href="https://x.example" target="_self">x</a>',
            '<a href="https://x.example" rel="noopener noreferrer nofollow">x</a>',
        ),
        ("<span>old</span><!-- c -->", "old"),
        ("nul\x00 and \ud800 half", "<p>nul and  half</p>"),
    ],
)
def test_only_safe_markup_is_kept(typed: str, kept: str):
    assert sanitise(typed) == kept


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("<p>a &lt; b &amp; c</p>", "a < b & c"),
        ("<ul><li>tea</li><li>cake<ol><li>dry</li><li>wet</li></ol></li></ul><p>end</p>",
         "- tea\n- cake\n  1. dry\n  2. wet\n\nend"),
        ('See <a href="https://x.example/a">the plan</a>.', "See the plan <https://x.example/a>."),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<h2>Agenda</h2>first<hr>second", "Agenda\n\nfirst\n\n---\n\nsecond"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("  <p>  so   much\n space </p> ", "so much space"),
    ],
)  # fmt: skip
def test_text_of_html_is_readable(html: str, text: str):
    assert plain_text(html) == text


@given(st.text())
def test_sanitising_twice_is_sanitising_once(typed: str):
    once = sanitise(typed)
    assert sanitise(once) == once


@given(st.text(alphabet="<>/&;ab \n\"'=", max_size=60))
def test_no_markup_survives_that_was_not_allowed(typed: str):
    assert "<a " not in sanitise(typed) or "rel=" in sanitise(typed)
    assert "\x00" not in plain_text(sanitise(typed))


def test_plain_text_comes_back_as_typed():
    typed = "Agenda & plan\n1 < 2\n\nSee you"
    assert plain_text(sanitise(typed)) == typed
