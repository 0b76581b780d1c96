"""The web server's application: Django's pages in threads, the live bell and health beside them."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoca.settings")

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection

from convoca.wsgi import application as pages  # sets Django up: everything below needs it

# isort: split
from a2wsgi import WSGIMiddleware

from convoca.web.live import BellStreams
from convoca.web.live.listening import with_connection
from convoca.web.live.streams import Receive, Scope, Send

PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]

bell = BellStreams()
wsgi: Any = WSGIMiddleware(pages, workers=settings.WEB_THREADS)  # type: ignore[arg-type]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, or take part in the server's start and stop."""
    if scope["type"] == "lifespan":
        # Before it waits for open requests, the server calls this (see worker/serving.py).
        scope["state"]["hang_up"] = bell.close
        await wsgi(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/bell/stream/":
        await bell(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/healthz":
        await _healthz(send)
    else:
        await wsgi(scope, receive, send)


async def _healthz(send: Send) -> None:
    """Tell a load balancer whether this process can work; no cookie, host or https needed."""
    is_well = await sync_to_async(_is_database_there, thread_sensitive=False)()
    status, body = (200, b"ok\n") if is_well else (503, b"the database does not answer\n")
    await send({"type": "http.response.start", "status": status, "headers": PLAIN})
    await send({"type": "http.response.body", "body": body})


@with_connection
def _is_database_there() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
