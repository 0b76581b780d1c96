"""The words somebody wrote themselves, without the mail they answered."""

import re

_LONGEST_LINE = 500
_INTRODUCED = re.compile(r"(wrote|writes|escribió|schrieb|a écrit)\s?:$", re.IGNORECASE)
_OPENED = re.compile(r"(on|el|am|le) ", re.IGNORECASE)
_MARKS = "original message|mensaje original|forwarded message|mensaje reenviado"
_RULE = re.compile(rf"[-_]{{3,20}} ?({_MARKS}) ?[-_]{{3,20}}|_{{10,}}", re.IGNORECASE)
_HEADER = re.compile(r"\*?(from|de|von)\*?\s?:\*? .*[@<].*", re.IGNORECASE)


def own_words(text: str) -> str:
    """Return a reply without the quoted tail, its introduction, and the signature.

    Words between quotes stay with them, for alone they would make no sense. A text that is all
    quotation is returned whole.
    """
    lines = [line.rstrip() for line in text.splitlines()]
    kept = _without_quotes(lines[: _end(lines)])
    return "\n".join(kept).strip() or text.strip()


def _end(lines: list[str]) -> int:
    """Return where the mail that was answered, or the signature, begins."""
    for number, line in enumerate(lines):
        short = line[:_LONGEST_LINE]
        if line == "--" or _RULE.fullmatch(short) or _HEADER.fullmatch(short):
            return number
        if _INTRODUCED.search(short[-40:]) and _is_followed_by_quote(lines, number):
            return _first_of_introduction(lines, number)
    return len(lines)


def _is_followed_by_quote(lines: list[str], number: int) -> bool:
    following = next((line for line in lines[number + 1 : number + 4] if line), ">")
    return following.startswith(">")


def _first_of_introduction(lines: list[str], number: int) -> int:
    """Return its first line: programs break a long one in two or three."""
    for first in range(number, max(number - 3, -1), -1):
        if _OPENED.match(lines[first]):
            return first
    return number


def _without_quotes(lines: list[str]) -> list[str]:
    """Return the lines without a tail of nothing but quotes."""
    end = len(lines)
    while end > 0 and (not lines[end - 1] or lines[end - 1].startswith(">")):
        end -= 1
    return lines[:end]
