"""One round of `benchmarks.throughput`, beside a running stack: prints how long it took."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db.models import QuerySet
from django.utils import timezone
from django_celery_results.models import TaskResult

from benchmarks.bare import chains
from tasks import dispatch, lifecycle
from tasks.models import TaskState
from tasks.states import State

WARM_UP = 10
"""Workflows before the clock starts: connections and caches of both sides."""

Sending = Callable[[int], None]
Ends = Callable[[datetime], "QuerySet[Any, datetime | None]"]
"""The moments at which those that were sent since then have ended."""


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=ROUNDS)
        parser.add_argument("workflows", type=int)

    def handle(self, *args: Any, what: str, workflows: int, **options: Any) -> None:
        _seconds(*ROUNDS[what], WARM_UP)
        self.stdout.write(str(_seconds(*ROUNDS[what], workflows)))


def _send_chains(count: int) -> None:
    for _ in range(count):
        chains.send()


def _ends_of_chains(since: datetime) -> Any:
    ended = TaskResult.objects.filter(task_name=chains.LAST, status="SUCCESS")
    return ended.filter(date_created__gte=since).values_list("date_done", flat=True)


def _submit_tasks(count: int) -> None:
    owner = User.objects.get(username="admin")
    for _ in range(count):
        lifecycle.submit("seven", {}, owner)
    dispatch.flush()


def _ends_of_tasks(since: datetime) -> Any:
    ended = TaskState.objects.filter(state=State.SUCCESS, created_at__gte=since)
    return ended.values_list("finished_at", flat=True)


ROUNDS: dict[str, tuple[Sending, Ends]] = {
    "celery": (_send_chains, _ends_of_chains),
    "engine": (_submit_tasks, _ends_of_tasks),
}


def _seconds(send: Sending, ends: Ends, count: int) -> float:
    """From before the first is sent until the last has ended, by its own row."""
    begun = timezone.now()
    send(count)
    while ends(begun).count() < count:
        time.sleep(0.1)
    return (max(filter(None, ends(begun))) - begun).total_seconds()
