"""The first member of staff, made when an installation starts for the first time."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.utils.crypto import get_random_string

from agentforge.environment import env

PASSWORD_LENGTH = 16
"""Letters and digits only, so that a double click selects all of it: 95 bits."""


@dataclass(frozen=True, slots=True)
class FirstUser:
    """Who was made. `generated_password` is empty when the operator chose the password."""

    username: str
    generated_password: str


def create_first_user() -> FirstUser | None:
    """Make a superuser if there is no staff yet, with the environment's name and password.

    Returns:
        The new user; None when there is staff already.

    Raises:
        CommandError: the chosen password is too weak, or the name is taken by a non-staff user.
    """
    if User.objects.filter(is_staff=True).exists():
        return None
    username = env.str("AGENTFORGE_ADMIN_USERNAME", "") or "admin"
    chosen = env.str("AGENTFORGE_ADMIN_PASSWORD", "")
    if User.objects.filter(username=username).exists():
        raise CommandError(
            f"There is no staff user, and {username!r} belongs to somebody else. "
            "Choose another AGENTFORGE_ADMIN_USERNAME."
        )
    if chosen:
        refuse_weak(chosen)
    password = chosen or get_random_string(PASSWORD_LENGTH)
    User.objects.create_superuser(username, password=password)
    return FirstUser(username, "" if chosen else password)


def refuse_weak(password: str) -> None:
    """Hold the operator's password to the rules that every other password has to meet."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise CommandError(
            f"AGENTFORGE_ADMIN_PASSWORD cannot be used. {' '.join(error.messages)}"
        ) from error
