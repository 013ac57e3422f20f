"""`manage.py dead_letters`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tests.dashboard import builds

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    stdout = StringIO()
    call_command("dead_letters", *arguments, stdout=stdout)
    return stdout.getvalue()


def test_groups_are_listed_with_their_size_and_newest_error(user: User) -> None:
    for _ in range(3):
        builds.failed(user, message="The disk is full.")
    first, second = said().splitlines()
    assert first.split() == ["3", "build-agent.validate", "no_pages"]
    assert second.endswith("The disk is full.")


def test_without_any_nothing_is_printed(user: User) -> None:
    builds.failed(user)
    assert said("--step=scrape") == ""


def test_those_that_match_are_retried(user: User) -> None:
    task = builds.failed(user)
    assert said("--error=time_limit", "--retry") == "0 retried, 0 refused.\n"
    assert said("--workflow=build-agent", "--error=no_pages", "--retry", "--from-start") == (
        "1 retried, 0 refused.\n"
    )
    task.refresh_from_db()
    assert (task.state, task.run) == ("QUEUED", 2)


def test_from_start_without_retry_is_refused() -> None:
    with pytest.raises(CommandError, match="add --retry"):
        call_command("dead_letters", "--from-start")
