"""Calendar and events."""

from django.urls import URLPattern, path

from convoca.web.views import attendees, calendar, files
from convoca.web.views.event import (
    answers,
    asks,
    attendee,
    cancel,
    form,
    move,
    nudge,
    page,
    preview,
    proposals,
    stop,
)

urlpatterns: list[URLPattern] = [
    path("", calendar.calendar, name="calendar"),
    path("agenda/", calendar.agenda, name="agenda"),
    path("events/feed/", calendar.feed, name="event-feed"),
    path("events/new/", form.new, name="event-new"),
    path("events/audience/", form.audience, name="event-audience"),
    path("events/<uuid:event_id>/", page.show, name="event"),
    path("events/<uuid:event_id>/ledger/", page.follow, name="event-ledger"),
    path("events/<uuid:event_id>/edit/", form.edit, name="event-edit"),
    path("events/<uuid:event_id>/audience/", form.audience, name="event-audience"),
    path("events/preview/", preview.preview, name="event-preview"),
    path("events/<uuid:event_id>/preview/", preview.preview, name="event-preview"),
    path("events/<uuid:event_id>/move/", move.move, name="event-move"),
    path("events/<uuid:event_id>/move/audience/", move.audience, name="event-move-audience"),
    path("events/<uuid:event_id>/cancel/", cancel.cancel, name="event-cancel"),
    path("events/<uuid:event_id>/stop/", stop.stop, name="event-stop"),
    path("events/<uuid:event_id>/nudge/", nudge.nudge, name="event-nudge"),
    path("events/<uuid:event_id>/reminders/", nudge.switch, name="event-reminders"),
    path("events/<uuid:event_id>/tell/", stop.tell, name="event-tell"),
    path("events/<uuid:event_id>/card/", page.card, name="event-card"),
    path("events/<uuid:event_id>/answer/", page.answer, name="event-answer"),
    path("events/<uuid:event_id>/resend/", attendee.resend_all, name="event-resend-all"),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/",
        attendee.show,
        name="event-attendee",
    ),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/resend/",
        attendee.resend,
        name="event-resend",
    ),
    path("events/<uuid:event_id>/asks/<uuid:answer_id>/", asks.decide, name="event-ask"),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/address/",
        attendee.correct,
        name="event-correct",
    ),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/reminders/",
        nudge.choose,
        name="event-reminded",
    ),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/answer/",
        answers.enter,
        name="event-enter",
    ),
    path(
        "events/<uuid:event_id>/messages/<uuid:message_id>/",
        answers.settle,
        name="event-message",
    ),
    path(
        "events/<uuid:event_id>/proposals/<uuid:proposal_id>/",
        proposals.decide,
        name="event-proposal",
    ),
    path("attendees/search/", attendees.search, name="attendee-search"),
    path("files/", files.upload, name="file-upload"),
    path("files/<uuid:file_id>/", files.download, name="file"),
]
