"""Tokens alone open the API, and every refusal is a problem in the right language."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from convoca.accounts import membership
from convoca.accounts.models import ApiToken, Membership
from convoca.api.access import GUESSES
from tests.api.conftest import Program


def test_without_a_token_nothing_is_told(stranger: Program, alice: Membership):
    for path in ("/me", "/events", "/guests", "/files/x", "/usage"):
        answer = stranger.get(path)
        if path == "/files/x":
            assert answer.status == 404
            continue
        assert (answer.status, answer.kind) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="convoca"'


@pytest.mark.parametrize("token", ["x", "", " ", "'; DROP TABLE", "\u00e9", "a" * 10_000])
def test_wrong_tokens_are_refused(alice: Membership, token: str):
    assert Program(token).get("/me").status == 401


def test_other_schemes_are_refused(as_alice: Program):
    token, as_alice.token = as_alice.token, ""
    assert as_alice.get("/me", Authorization=f"Basic {token}").status == 401
    assert as_alice.get("/me", Authorization=token).status == 401
    assert as_alice.get("/me", Authorization=f"bearer {token}").status == 200


def test_a_revoked_token_and_one_of_somebody_who_left_are_refused(
    alice: Membership, bob: Membership, as_bob: Program, as_alice: Program
):
    ApiToken.objects.filter(membership=alice).update(revoked_at=timezone.now())
    assert as_alice.get("/me").status == 401
    assert as_bob.get("/me").status == 200
    membership.remove(alice, bob)
    assert as_bob.get("/me").status == 401


def test_a_disabled_user_is_refused(bob: Membership, as_bob: Program):
    bob.user.is_active = False
    bob.user.save()
    assert as_bob.get("/me").status == 401


def test_cookies_do_not_authenticate_and_need_no_csrf_token(alice: Membership, as_alice: Program):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/api/v1/guests", b"{}", "application/json").status_code == 401
    as_alice.client = client
    assert as_alice.post("/guests", {"email": "ana@guest.example"}).status == 201


def test_wrong_tokens_are_counted_and_right_ones_pass(as_alice: Program, settings: Any):
    guesser = Program("wrong")
    assert {guesser.get("/me").status for _guess in range(GUESSES)} == {401}
    answer = guesser.get("/me")
    assert (answer.status, answer.kind) == (429, "too-many-requests")
    assert answer.headers["Retry-After"] == "60"
    assert as_alice.get("/me").status == 200


def test_last_use_is_kept_without_writing_each_time(
    alice: Membership, as_alice: Program, django_assert_max_num_queries: Any
):
    as_alice.get("/usage")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    with django_assert_max_num_queries(3):
        as_alice.get("/usage")
    assert ApiToken.objects.get().last_used_at == used


def test_refusals_speak_the_users_language(alice: Membership, as_alice: Program):
    alice.user.language = "es"
    alice.user.save()
    answer = as_alice.post("/guests", {"email": "x"}, **{"Accept-Language": "en"})
    assert answer.json["errors"] == [
        {"field": "email", "message": "Esto no es una dirección de correo."}
    ]
    assert answer.json["title"] == "Algunos campos no se pueden guardar"


def test_before_the_user_is_known_the_browsers_language_counts(stranger: Program, db: None):
    answer = stranger.get("/me", **{"Accept-Language": "es"})
    assert answer.json["title"] == "Hace falta una clave de API válida"


def test_unknown_places_and_methods_are_problems(as_alice: Program):
    assert (as_alice.get("/nowhere").status, as_alice.get("/nowhere").kind) == (404, "not-found")
    assert as_alice.get("/").kind == "not-found"
    assert as_alice.get("/events/not-an-id").kind == "not-found"
    wrong = as_alice.delete("/me")
    assert (wrong.status, wrong.kind) == (405, "method-not-allowed")
    assert wrong.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "body",
    ["", "{", "[1", "\x00", '{"title": NaN', "[" * 100_000, b"\xff\xfe", '{"n": ' + "9" * 5_000],
)
def test_what_cannot_be_read_is_malformed(as_alice: Program, body: str | bytes):
    answer = as_alice.post("/events", body)
    assert (answer.status, answer.kind) in {(400, "malformed"), (422, "invalid")}
    assert answer.status == 400 or body == ""


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null", "true"])
def test_what_is_no_object_is_invalid(as_alice: Program, body: str):
    answer = as_alice.post("/events", body)
    assert (answer.status, answer.kind) == (422, "invalid")


def test_large_bodies_are_refused_unread(as_alice: Program, settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = as_alice.post("/guests", {"email": "x" * 2_000})
    assert (answer.status, answer.kind) == (413, "too-large")


def test_a_fault_of_ours_is_a_problem_too(as_alice: Program, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("convoca.accounts.limits.usage", lambda team: 1 / 0)
    answer = as_alice.get("/usage")
    assert (answer.status, answer.kind) == (500, "internal-error")
    assert "Zero" not in json.dumps(answer.json)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_no_fault_of_ours(as_alice: Program, error: type[Exception]):
    def fail(*_query: object) -> None:
        raise error("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        answer = as_alice.post("/guests", {"email": "gwen@guest.example"})
    assert (answer.status, answer.kind) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "Try again" in answer.json["detail"]
    assert "connection" not in json.dumps(answer.json)


def test_answers_are_not_kept_by_caches(as_alice: Program):
    assert as_alice.get("/me").headers["Cache-Control"] == "no-store"


def test_the_document_lists_the_contract(stranger: Program, db: None):
    document = stranger.get("/openapi.json").json
    offered = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert offered >= {
        "GET /me",
        "GET /senders",
        "POST /senders",
        "POST /senders/{sender_id}/confirm",
        "DELETE /senders/{sender_id}",
        "PATCH /settings",
        "GET /guests",
        "POST /guests",
        "PATCH /guests/{guest_id}",
        "DELETE /guests/{guest_id}",
        "POST /events",
        "GET /events",
        "GET /events/{event_id}",
        "PATCH /events/{event_id}",
        "DELETE /events/{event_id}",
        "POST /files",
        "GET /events/{event_id}/attendees",
        "GET /notifications",
        "GET /usage",
    }
    operation = document["paths"]["/api/v1/me"]["get"]
    assert operation["operationId"] == "read_me"
    assert "application/problem+json" in operation["responses"]["default"]["content"]
