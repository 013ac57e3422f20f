"""The first staff user of an installation."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError

from agentforge.embedded.first_user import FirstUser, create_first_user

pytestmark = pytest.mark.django_db


def test_it_is_called_admin_and_gets_a_generated_password() -> None:
    made = create_first_user()
    assert made is not None
    admin = User.objects.get(username="admin")
    assert admin.is_superuser
    assert admin.check_password(made.generated_password)
    assert made.generated_password.isalnum()


def test_name_and_password_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTFORGE_ADMIN_USERNAME", "ada")
    monkeypatch.setenv("AGENTFORGE_ADMIN_PASSWORD", "analytical-engine")
    assert create_first_user() == FirstUser("ada", generated_password="")
    assert User.objects.get(username="ada").check_password("analytical-engine")


def test_nobody_is_made_where_there_is_staff(staff: User) -> None:
    assert create_first_user() is None
    assert list(User.objects.all()) == [staff]


def test_a_weak_password_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTFORGE_ADMIN_PASSWORD", "abc")
    with pytest.raises(CommandError, match=r"AGENTFORGE_ADMIN_PASSWORD cannot .* too short"):
        create_first_user()
    assert not User.objects.exists()


def test_a_name_that_belongs_to_somebody_else_is_refused(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTFORGE_ADMIN_USERNAME", user.username)
    with pytest.raises(CommandError, match="Choose another AGENTFORGE_ADMIN_USERNAME"):
        create_first_user()
