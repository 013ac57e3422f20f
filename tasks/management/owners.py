"""Whose tasks a command submits."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.management import CommandError


def find_owner(username: str | None) -> User:
    """The user of that name, or the first superuser.

    Raises:
        CommandError: there is none.
    """
    wanted = {"username": username} if username else {"is_superuser": True}
    owner = User.objects.filter(is_active=True, **wanted).order_by("pk").first()
    if owner is None:
        who = f"user {username!r}" if username else "superuser"
        raise CommandError(
            f"There is no active {who} to own the task. "
            "Create one with: python manage.py createsuperuser"
        )
    return owner
