"""An event's description: what people type or paste becomes safe HTML, and HTML becomes text."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import nh3

from convoca.accounts.text import many_lines

TAGS = {
    *("p", "br", "div", "h1", "h2", "h3", "h4", "blockquote", "pre", "hr", "ul", "ol", "li"),
    *("a", "b", "strong", "i", "em", "u", "s", "code", "sub", "sup"),
}
SCHEMES = {"http", "https", "mailto", "tel"}
_UNWANTED = {"script", "style", "img", "table", "span", "font", "iframe", "svg", "object", "form"}
_LOOKS_LIKE_HTML = re.compile(
    rf"</?({'|'.join(sorted(TAGS | _UNWANTED))})(\s[^<>]*)?/?>", re.IGNORECASE
)
_BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "blockquote", "pre", "ul", "ol", "hr"}


def sanitise(typed: str) -> str:
    """Return the description as safe HTML; plain text keeps its paragraphs and lines.

    Sanitising what is sanitised already changes nothing.
    """
    text = many_lines(typed)
    if not _LOOKS_LIKE_HTML.search(text):
        return _paragraphs(text)
    html = nh3.clean(
        text,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return html.replace("&nbsp;", "\xa0").strip()


def plain_text(html: str) -> str:
    """Return the text of sanitised HTML as a mail or a calendar entry shows it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def _paragraphs(text: str) -> str:
    paragraphs = (escape(part, quote=False) for part in re.split(r"\n{2,}", text) if part)
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in paragraphs)


class _Reader(HTMLParser):
    """Collects lines: blocks stand apart, list items get a mark, links show where they lead."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._lists: list[int | None] = []  # the last number of each open list, None for bullets
        self._link, self._link_start = "", 0
        self._pre = 0

    def text(self) -> str:
        joined = re.sub(r"[ \t]*\n", "\n", "".join(self._parts))
        return re.sub(r"\n{3,}", "\n\n", joined).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._start_line()
            self._parts.append(self._mark())
        elif tag in _BLOCKS:
            self._start_block(nested=tag in {"ul", "ol"} and bool(self._lists))
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "hr":
            self._parts.append("---\n\n")
        elif tag == "a":
            self._link, self._link_start = dict(attrs).get("href") or "", len(self._parts)
        self._pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag == "a":
            self._end_link()
        elif tag in _BLOCKS:
            self._start_block(nested=tag in {"ul", "ol"} and bool(self._lists))
        self._pre -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if self._pre <= 0:
            data = re.sub(r"\s+", " ", data)
            if not self._parts or self._parts[-1].endswith(("\n", " ")):
                data = data.lstrip()
        if data:
            self._parts.append(data)

    def _mark(self) -> str:
        indent = "  " * max(len(self._lists) - 1, 0)
        if not self._lists or self._lists[-1] is None:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "

    def _end_link(self) -> None:
        shown = "".join(self._parts[self._link_start :]).strip()
        target = self._link.removeprefix("mailto:").removeprefix("tel:")
        if target and shown not in {target, self._link}:
            self._parts.append(f" <{target}>" if shown else target)
        self._link = ""

    def _start_line(self) -> None:
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n")

    def _start_block(self, *, nested: bool) -> None:
        self._start_line()
        if not nested:
            self._parts.append("\n")
