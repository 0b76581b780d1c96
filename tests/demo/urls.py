"""The site's addresses with those of the demo."""

from django.urls import include, path

from convoca.urls import urlpatterns as site

urlpatterns = [path("", include("convoca.web.urls.demo")), *site]
