"""People, senders, settings and the bell."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
