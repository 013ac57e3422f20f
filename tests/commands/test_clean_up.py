"""`manage.py clean_up`."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from tasks.models import TaskState
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> list[str]:
    stdout = StringIO()
    call_command("clean_up", *arguments, stdout=stdout)
    return [" ".join(line.split()) for line in stdout.getvalue().splitlines()]


def test_it_says_what_would_go_and_then_what_went(user: User) -> None:
    task = builds.failed(user)
    long_ago = timezone.now() - timedelta(days=1000)
    TaskState.objects.filter(pk=task.pk).update(finished_at=long_ago)
    assert "1 dead letters" in said("--dry-run")
    assert TaskState.objects.exists()
    assert "1 dead letters" in said()
    assert not TaskState.objects.exists()
    assert "0 dead letters" in said()
