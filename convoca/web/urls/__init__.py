"""The addresses of the pages, by part: calendar, people, and guests without an account."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from convoca.web.views import live

urlpatterns: list[URLPattern | URLResolver] = [
    path("bell/stream/", live.stream, name="bell-stream"),
    path("", include("convoca.web.urls.calendar")),
    path("", include("convoca.web.urls.people")),
    path("", include("convoca.web.urls.public")),
]

if settings.DEMO:
    urlpatterns.append(path("", include("convoca.web.urls.demo")))
