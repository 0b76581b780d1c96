"""People, senders, settings and the bell."""

from django.urls import URLPattern, path
from django.views.i18n import set_language

from convoca.web.views import (
    bell,
    guests,
    joining,
    mailboxes,
    rooms,
    senders,
    settings,
    team,
    trials,
)

urlpatterns: list[URLPattern] = [
    path("guests/", guests.book, name="guests"),
    path("guests/suppressed/", guests.not_written_to, name="guests-suppressed"),
    path("guests/suppressed/lift/", guests.lift, name="guests-lift"),
    path("guests/new/", guests.new, name="guest-new"),
    path("guests/<uuid:guest_id>/edit/", guests.edit, name="guest-edit"),
    path("guests/<uuid:guest_id>/delete/", guests.delete, name="guest-delete"),
    path(
        "guests/<uuid:guest_id>/aliases/<uuid:alias_id>/forget/",
        guests.forget_alias,
        name="guest-alias-forget",
    ),
    path("senders/", senders.overview, name="senders"),
    path("senders/new/", senders.new, name="sender-new"),
    path("senders/choose/", senders.choose, name="sender-choose"),
    path("senders/<uuid:sender_id>/confirm/", senders.confirm, name="sender-confirm"),
    path("senders/<uuid:sender_id>/preflight/", senders.preflight, name="sender-preflight"),
    path("senders/<uuid:sender_id>/code/", senders.code, name="sender-code"),
    path("senders/<uuid:sender_id>/test/", trials.test, name="sender-test"),
    path("senders/<uuid:sender_id>/test/state/", trials.trial, name="sender-trial"),
    path("senders/<uuid:sender_id>/delete/", senders.delete, name="sender-delete"),
    path("senders/<uuid:sender_id>/mailbox/", mailboxes.connect, name="mailbox"),
    path("senders/<uuid:sender_id>/mailbox/end/", mailboxes.disconnect, name="mailbox-disconnect"),
    path("settings/", settings.settings, name="settings"),
    path("settings/tokens/", settings.token_new, name="token-new"),
    path("settings/tokens/<uuid:token_id>/revoke/", settings.token_revoke, name="token-revoke"),
    path("team/", team.overview, name="team"),
    path("team/settings/", team.change, name="team-edit"),
    path("team/switch/", team.switch, name="team-switch"),
    path("team/invite/", team.invite, name="team-invite"),
    path("team/invitations/<uuid:invitation_id>/end/", team.withdraw, name="team-withdraw"),
    path("team/<uuid:member_id>/role/", team.change_role, name="team-role"),
    path("team/<uuid:member_id>/remove/", team.remove, name="team-remove"),
    path("team/rooms/new/", rooms.new, name="room-new"),
    path("team/rooms/<uuid:room_id>/edit/", rooms.edit, name="room-edit"),
    path("team/rooms/<uuid:room_id>/remove/", rooms.remove, name="room-remove"),
    path("join/<str:token>/", joining.join, name="join"),
    path("bell/", bell.bell, name="bell"),
    path("bell/read/", bell.read, name="bell-read"),
    path("bell/<uuid:notification_id>/", bell.follow, name="bell-follow"),
    path("language/", set_language, name="set_language"),
]
