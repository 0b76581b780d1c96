"""What people see when a page does not exist, is not theirs, or fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.utils import translation

from convoca.web.templatetags.devices import device

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.django_db
@override_settings(DEBUG=False)
def test_a_wrong_address_leads_back_to_the_calendar(as_bob: Client):
    answer = as_bob.get("/nothing/")
    assert answer.status_code == 404
    assert ("Page not found" in answer.text, 'href="/"' in answer.text) == (True, True)


@pytest.mark.django_db
def test_a_form_without_its_token_says_what_to_do(as_bob: Client):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = as_bob.cookies
    answer = strict.post("/senders/new/", {})
    assert answer.status_code == 403
    assert "load the page again" in answer.text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", ["404", "403", "403_csrf", "500", "503"])
def test_error_pages_need_nothing_but_themselves(name: str, language: str):
    with translation.override(language):
        shown = render_to_string(f"{name}.html")
    assert f'<html lang="{language}"' in shown
    assert "<h1>" in shown


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_a_page_says_so_in_the_browsers_language(
    as_bob: Client, error: type[Exception]
):
    as_bob.raise_request_exception = False
    with connection.execute_wrapper(failing(error)):
        answer = as_bob.get("/?day=2026-11-20", headers={"Accept-Language": "es"})
        posted = as_bob.post("/senders/new/", {})
    assert (answer.status_code, posted.status_code) == (503, 503)
    assert int(answer["Retry-After"]) > 0
    assert '<html lang="es"' in answer.text
    assert 'href="/?day=2026-11-20"' in answer.text
    assert "go back in your browser" in posted.text


@pytest.mark.django_db
def test_our_own_faults_are_no_outage(as_bob: Client):
    as_bob.raise_request_exception = False
    with connection.execute_wrapper(failing(ProgrammingError)):
        assert as_bob.get("/").status_code == 500


def failing(error: type[Exception]) -> Callable[..., None]:
    def fail(*_query: object) -> None:
        raise error("the connection is closed")

    return fail


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (MAC + "Version/18.1 Safari/605.1.15", "Safari · macOS"),
        (WINDOWS + "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Firefox · Linux",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_device_is_called_what_its_owner_calls_it(user_agent: str, name: str):
    assert device(user_agent) == name
