"""Fields of the admin's forms in which people are named. A choice of all users would be the largest
part of the page, and needs the permission to see users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError


class UsernameField(forms.CharField):
    """The name of one user; its value is the user."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        return _named(str(super().clean(value)))


class UsernamesField(forms.CharField):
    """The names of users, one a line; its value are the users."""

    widget = forms.Textarea(attrs={"rows": 6, "cols": 40})

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else _lines(value or ())

    def clean(self, value: Any) -> Any:
        return [_named(name) for name in str(super().clean(value)).split()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(_lines(initial or ()).split()) != set(str(data or "").split())


def _lines(users: Iterable[User]) -> str:
    return "\n".join(sorted(user.get_username() for user in users))


def _named(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise ValidationError(f"There is no user with the name {name}.")
    return user
