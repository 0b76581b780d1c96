"""Icons: as the library draws them, once, and with what was given safely inside."""

from __future__ import annotations

from django.template import Context, Template
from lucide.templatetags import lucide as drawing

from convoca.web.templatetags import icons


def drawn(tag: str, **context: str) -> str:
    return Template("{% load icons %}" + tag).render(Context(context))


def test_an_icon_is_the_librarys(settings):
    ours = drawn('{% lucide "mail-check" size=14 aria_hidden="true" %}')
    theirs = drawing.lucide("mail-check", size=14, aria_hidden="true")
    assert ours == theirs.replace("\n", "").replace("  <", "<")
    assert ours.startswith('<svg width="14" height="14"')


def test_it_is_drawn_once(monkeypatch):
    first = drawn('{% lucide "x" size=15 class="once" %}')
    monkeypatch.setattr(drawing, "lucide", None)
    assert drawn('{% lucide "x" size=15 class="once" %}') == first
    assert isinstance(icons.lucide("x", size=15, **{"class": "once"}), str)


def test_what_is_given_is_escaped():
    shown = drawn('{% lucide "x" class=name %}', name='"><script>')
    assert "<script>" not in shown
    assert "&quot;&gt;&lt;script&gt;" in shown
