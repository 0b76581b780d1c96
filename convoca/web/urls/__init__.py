"""The addresses of the pages, by part: calendar, people, and guests without an account."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("convoca.web.urls.calendar")),
    path("", include("convoca.web.urls.people")),
    path("", include("convoca.web.urls.public")),
]

if settings.DEMO:
    urlpatterns.append(path("", include("convoca.web.urls.demo")))
