"""The addresses of the pages, by part: calendar, people, and guests without an account."""

from django.urls import include, path

urlpatterns = [
    path("", include("convoca.web.urls.calendar")),
    path("", include("convoca.web.urls.people")),
    path("", include("convoca.web.urls.public")),
]
