"""A browser without JavaScript: opens pages, fills fields by their labels, presses buttons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.test import Client

Control = dict[str, list[Any]]


class Reader:
    """One person's browser; `page` is what they look at."""

    def __init__(self, client: Client, language: str = "en") -> None:
        self.client = client
        self.language = language
        self.address = "/"
        self.status = 0
        self.page = BeautifulSoup("", "html.parser")
        self.typed: Control = {}

    @property
    def text(self) -> str:
        """The words in front of the reader, spaces evened out."""
        return " ".join((self.page.find("main") or self.page).get_text(" ").split())

    def open(self, url: str) -> Reader:
        """Follow a link, redirects included."""
        parts = urlsplit(urljoin(self.address, url))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        response = self.client.get(path, follow=True, headers=self._headers)
        return self._look(path, response)

    def click(self, words: str) -> Reader:
        """Follow the link with these words."""
        link = _one(self._with_words("a[href]", words), f"link “{words}”")
        return self.open(str(link["href"]))

    def fill(self, label: str, value: str) -> Reader:
        """Type into the field with this label, or pick what a select shows."""
        field = self._field(label)
        if field.name == "select":
            options = field.select("option")
            named = [one for one in options if value == one.get("value")]
            named = named or [one for one in options if value in _words(one)]
            value = str(_one(named, f"option “{value}”")["value"])
        self.typed[_name(field)] = [value]
        return self

    def attach(self, label: str, file: Any) -> Reader:
        self.typed[_name(self._field(label))] = [file]
        return self

    def tick(self, label: str) -> Reader:
        """Tick a box, or choose one of several."""
        field = self._field(label)
        value = str(field.get("value", "on"))
        if field.get("type") == "radio":
            self.typed[_name(field)] = [value]
        else:
            self.typed[_name(field)] = [*self._values(_form_of(field)).get(_name(field), []), value]
        return self

    def untick(self, label: str) -> Reader:
        field = self._field(label)
        value = str(field.get("value", "on"))
        kept = self._values(_form_of(field)).get(_name(field), [])
        self.typed[_name(field)] = [one for one in kept if one != value]
        return self

    def add(self, name: str, value: str) -> Reader:
        """Put what a script would have put into the form: somebody picked, a file uploaded."""
        self.typed.setdefault(name, []).append(value)
        return self

    def press(self, words: str) -> Reader:
        """Press the button with these words; its form goes off with everything typed."""
        button = _one(self._with_words("button", words), f"button “{words}”")
        form = _form_of(button)
        values = self._values(form)
        if button.get("name"):
            values[_name(button)] = [str(button.get("value", ""))]
        action = urljoin(self.address, str(form.get("action") or self.address))
        if str(form.get("method", "get")).lower() == "get":
            response = self.client.get(action, values, follow=True, headers=self._headers)
        else:
            response = self.client.post(action, values, follow=True, headers=self._headers)
        return self._look(action, response)

    @property
    def _headers(self) -> dict[str, str]:
        return {"accept-language": self.language}

    def _look(self, address: str, response: Any) -> Reader:
        chain = getattr(response, "redirect_chain", [])
        self.address = urljoin(address, chain[-1][0]) if chain else address
        self.status = response.status_code
        content = response.getvalue() if response.streaming else response.content
        self.page = BeautifulSoup(content, "html.parser")
        self.typed = {}
        return self

    def _with_words(self, selector: str, words: str) -> list[Tag]:
        found = [element for element in self.page.select(selector) if words in _words(element)]
        exact = [element for element in found if _words(element) == words]
        return exact or found

    def _field(self, label: str) -> Tag:
        labels = self._with_words("label, legend", label)
        named = _one(labels, f"label “{label}”")
        if target := named.get("for"):
            return _one(self.page.select(f"[id='{target}']"), f"field of “{label}”")
        return _one(named.select("input, select, textarea"), f"field of “{label}”")

    def _values(self, form: Tag) -> Control:
        """What the form would send as it stands, what was typed included."""
        values: Control = {}
        for control in self._controls(form):
            values.setdefault(_name(control), []).extend(_value(control))
        for name, typed in self.typed.items():
            if name in {"attendees", "files"}:
                values.setdefault(name, []).extend(typed)
            else:
                values[name] = typed
        return values

    def _controls(self, form: Tag) -> Iterable[Tag]:
        outside = self.page.select(f"[form='{form['id']}']") if form.get("id") else []
        for control in [*form.select("input, select, textarea"), *outside]:
            in_template = control.find_parent("template")
            if control.get("name") and not control.has_attr("disabled") and not in_template:
                yield control


def _value(control: Tag) -> list[str]:
    kind = str(control.get("type", "text"))
    if control.name == "textarea":
        return [control.get_text().removeprefix("\n")]
    if control.name == "select":
        options = control.select("option")
        chosen = [one for one in options if one.has_attr("selected")]
        if not chosen and not control.has_attr("multiple"):
            chosen = options[:1]
        return [str(one.get("value", _words(one))) for one in chosen]
    if kind in {"checkbox", "radio"}:
        return [str(control.get("value", "on"))] if control.has_attr("checked") else []
    if kind in {"submit", "button", "reset", "image", "file"}:
        return []
    return [str(control.get("value", ""))]


def _form_of(control: Tag) -> Tag:
    if owner := control.get("form"):
        root = list(control.parents)[-1]
        return _one(root.select(f"form[id='{owner}']"), f"form {owner}")
    form = control.find_parent("form")
    assert form is not None, f"{control} stands in no form"
    return form


def _name(control: Tag) -> str:
    return str(control["name"])


def _words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def _one(found: list[Tag], what: str) -> Tag:
    assert found, f"there is no {what} on the page"
    return found[0]
