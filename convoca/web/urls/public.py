"""What is open without an account: guests' pages, and where a mail provider calls."""

from django.urls import path

from convoca.web.views import esp
from convoca.web.views.public import propose, rsvp

urlpatterns = [
    path("mail/returned/", esp.returned, name="mail-returned"),
    path("r/<str:token>/", rsvp.show, name="rsvp"),
    path("r/<str:token>/event.ics", rsvp.calendar, name="rsvp-ics"),
    path("r/<str:token>/files/<uuid:file_id>/", rsvp.file, name="rsvp-file"),
    path("r/<str:token>/language/", rsvp.language, name="rsvp-language"),
    path("r/<str:token>/mail/", rsvp.mail, name="rsvp-mail"),
    path("r/<str:token>/reminders/", rsvp.reminders, name="rsvp-reminders"),
    path("r/<str:token>/propose/", propose.propose, name="rsvp-propose"),
    path("r/<str:token>/opened/", rsvp.opened, name="rsvp-opened"),
]
