"""The groups that an installation begins with: who looks, who operates, who administers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

LOOKING = Q(
    content_type__app_label__in=("tasks", "projects", "agents", "django_celery_results"),
    codename__startswith="view_",
)
OPERATING = LOOKING | Q(
    codename__in=(
        "cancel_taskstate",
        "retry_taskstate",
        "replay_webhookdelivery",
        "change_agentrecord",
        "refresh_agentrecord",
        "run_project",
    )
)
ADMINISTERING = OPERATING | (
    Q(content_type__app_label__in=("tasks", "projects", "agents"))
    # That is for workers.
    & ~Q(codename="read_secrets")
)

ROLES = {"Viewers": LOOKING, "Operators": OPERATING, "Administrators": ADMINISTERING}
"""The permissions of each group, each a superset of the one before."""


def make_groups(using: str, **_: Any) -> None:
    """Make those of the groups that are missing. One that is there stays as it is."""
    groups = Group.objects.using(using)
    there = set(groups.filter(name__in=ROLES).values_list("name", flat=True))
    for name, permissions in ROLES.items():
        if name not in there:
            granted = Permission.objects.using(using).filter(permissions)
            groups.create(name=name).permissions.set(granted)
