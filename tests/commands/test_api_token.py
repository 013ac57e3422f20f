"""`manage.py api_token`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tasks import tokens

pytestmark = pytest.mark.django_db


def test_a_working_token_stands_alone_on_stdout(user: User) -> None:
    stdout = StringIO()
    call_command("api_token", user.username, "--name=laptop", stdout=stdout)
    (line,) = stdout.getvalue().splitlines()
    token = tokens.authenticate(line)
    assert token is not None
    assert (token.user, token.name) == (user, "laptop")


def test_an_unknown_user_is_refused_with_the_way_to_create_one() -> None:
    with pytest.raises(CommandError, match=r"no active user 'nobody'.*manage\.py createsuperuser"):
        call_command("api_token", "nobody")


def test_a_user_who_may_not_log_in_gets_no_token(user: User) -> None:
    user.is_active = False
    user.save()
    with pytest.raises(CommandError, match="no active user"):
        call_command("api_token", user.username)
    assert not user.api_tokens.exists()
