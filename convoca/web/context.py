"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from convoca.notifications import notify


def page(request: HttpRequest) -> dict[str, Any]:
    """Give templates the acting member, the number on the bell, and how this server is run.

    A page that extends `base_template` is drawn without its frame when htmx fetches it into a
    dialog of another page.
    """
    member = getattr(request, "member", None)
    unread = notify.unread(member) if member else 0
    is_fragment = request.headers.get("HX-Request") == "true"
    return {
        "member": member,
        "unread": unread,
        "is_demo": settings.DEMO,
        "signup_open": settings.SIGNUP_OPEN,
        "is_fragment": is_fragment,
        "base_template": "web/fragment.html" if is_fragment else "web/base.html",
    }
