"""Where each door stands."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("convoca.web.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
