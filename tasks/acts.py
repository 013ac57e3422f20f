"""What people do to what is there, and from where: the words of permissions and of the audit."""

from __future__ import annotations

from django.db.models import TextChoices


class Act(TextChoices):
    """One thing that somebody does, as the audit tells it afterwards.

    Its value is how the codename of its permission begins: `cancel_taskstate`.
    """

    CANCEL = "cancel", "Cancelled"
    RETRY = "retry", "Retried"
    REPLAY = "replay", "Replayed"
    REFRESH = "refresh", "Refreshed"
    CHANGE = "change", "Edited"
    DELETE = "delete", "Deleted"
    ADD = "add", "Made"
    REVOKE = "revoke", "Revoked"


class Source(TextChoices):
    """Where an act came in."""

    API = "api", "API"
    WEBSOCKET = "websocket", "WebSocket"
    DASHBOARD = "dashboard", "Dashboard"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command line"
