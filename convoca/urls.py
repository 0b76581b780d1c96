"""Where each door stands."""

from django.urls import include, path

from convoca.accounts.admin import site

handler500 = "convoca.web.views.failing.failed"
urlpatterns = [
    path("", include("convoca.web.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("convoca.api.urls")),
    path("admin/", site.urls),
]
