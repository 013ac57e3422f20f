"""Guards: the same conditions as in SQL, checked on a row that is locked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from tasks.lifecycle.guards import holds
from tasks.models import TaskState
from tasks.states import ACTIVE, FINISHED, State
from tests.tasks.engine import claimed, finished, reloaded, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NOW = timezone.now()
GUARDS = {
    "this run": Q(run=1),
    "another run": Q(run=2),
    "active in this run": Q(run=1, state__in=ACTIVE),
    "finished in this run": Q(run=1, state__in=FINISHED),
    "running without a lease": Q(state=State.RUNNING, lease_holder=""),
    "active without a lease": Q(state__in=ACTIVE) & Q(lease_holder=""),
    "queued and not cancelled": Q(Q(state=State.QUEUED), Q(cancel_requested_at__isnull=True)),
    "cancelled": Q(cancel_requested_at__isnull=False),
    "finished before tomorrow": Q(finished_at__lt=NOW + timedelta(days=1)),
    "finished before yesterday": Q(finished_at__lt=NOW - timedelta(days=1)),
    "no lease": Q(lease_expires_at__isnull=True),
}


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_a_guard_holds_for_the_same_tasks_in_python_and_in_sql(user: User, guard: Q) -> None:
    running = submitted(user)
    claimed(running)
    ended = finished(submitted(user), *(f"s{number}" for number in range(1, 8)))
    for task in (submitted(user), reloaded(running), ended):
        assert holds(guard, task) == TaskState.objects.filter(guard, pk=task.pk).exists()


@pytest.mark.parametrize("guard", [Q(run=1) | Q(run=2), ~Q(run=1)], ids=str)
def test_a_guard_with_or_or_not_is_refused(guard: Q) -> None:
    with pytest.raises(ValueError, match="by AND alone"):
        holds(guard, TaskState())


def test_a_guard_with_an_unknown_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot compare by gt"):
        holds(Q(run__gt=1), TaskState())
