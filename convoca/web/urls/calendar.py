"""Calendar and events."""

from django.urls import URLPattern, path

from convoca.web.views import (
    attendees,
    calendar,
    event_answers,
    event_asks,
    event_attendee,
    event_cancel,
    event_form,
    event_move,
    event_nudge,
    event_preview,
    event_proposals,
    event_stop,
    events,
    files,
)

urlpatterns: list[URLPattern] = [
    path("", calendar.calendar, name="calendar"),
    path("agenda/", calendar.agenda, name="agenda"),
    path("events/feed/", calendar.feed, name="event-feed"),
    path("events/new/", event_form.new, name="event-new"),
    path("events/audience/", event_form.audience, name="event-audience"),
    path("events/<uuid:event_id>/", events.show, name="event"),
    path("events/<uuid:event_id>/edit/", event_form.edit, name="event-edit"),
    path("events/<uuid:event_id>/audience/", event_form.audience, name="event-audience"),
    path("events/preview/", event_preview.preview, name="event-preview"),
    path("events/<uuid:event_id>/preview/", event_preview.preview, name="event-preview"),
    path("events/<uuid:event_id>/move/", event_move.move, name="event-move"),
    path("events/<uuid:event_id>/move/audience/", event_move.audience, name="event-move-audience"),
    path("events/<uuid:event_id>/cancel/", event_cancel.cancel, name="event-cancel"),
    path("events/<uuid:event_id>/stop/", event_stop.stop, name="event-stop"),
    path("events/<uuid:event_id>/nudge/", event_nudge.nudge, name="event-nudge"),
    path("events/<uuid:event_id>/reminders/", event_nudge.switch, name="event-reminders"),
    path("events/<uuid:event_id>/tell/", event_stop.tell, name="event-tell"),
    path("events/<uuid:event_id>/card/", events.card, name="event-card"),
    path("events/<uuid:event_id>/answer/", events.answer, name="event-answer"),
    path("events/<uuid:event_id>/resend/", event_attendee.resend_all, name="event-resend-all"),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/",
        event_attendee.show,
        name="event-attendee",
    ),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/resend/",
        event_attendee.resend,
        name="event-resend",
    ),
    path("events/<uuid:event_id>/asks/<uuid:answer_id>/", event_asks.decide, name="event-ask"),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/address/",
        event_attendee.correct,
        name="event-correct",
    ),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/reminders/",
        event_nudge.choose,
        name="event-reminded",
    ),
    path(
        "events/<uuid:event_id>/attendees/<uuid:attendee_id>/answer/",
        event_answers.enter,
        name="event-enter",
    ),
    path(
        "events/<uuid:event_id>/messages/<uuid:message_id>/",
        event_answers.settle,
        name="event-message",
    ),
    path(
        "events/<uuid:event_id>/proposals/<uuid:proposal_id>/",
        event_proposals.decide,
        name="event-proposal",
    ),
    path("attendees/search/", attendees.search, name="attendee-search"),
    path("files/", files.upload, name="file-upload"),
    path("files/<uuid:file_id>/", files.download, name="file"),
]
