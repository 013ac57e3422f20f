"""One round of `benchmarks.throughput`, beside a running stack: prints how long it took."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db.models import Max, QuerySet
from django.utils import timezone
from django_celery_results.models import TaskResult

from benchmarks.bare import chains
from tasks import dispatch, lifecycle
from tasks.models import TaskState
from tasks.states import State

WARM_UP = 10
"""Workflows before the clock starts: connections and caches of both sides."""

Sending = Callable[[int], None]
Ending = Callable[[datetime], "QuerySet[Any, dict[str, Any]]"]


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=ROUNDS)
        parser.add_argument("workflows", type=int)

    def handle(self, *args: Any, what: str, workflows: int, **options: Any) -> None:
        send, ends = ROUNDS[what]
        _seconds(send, ends, WARM_UP)
        self.stdout.write(str(_seconds(send, ends, workflows)))


def send_chains(count: int) -> None:
    for _ in range(count):
        chains.send()


def ended_chains(since: datetime) -> Any:
    ended = TaskResult.objects.filter(task_name=chains.LAST, date_created__gte=since)
    return ended.filter(status="SUCCESS").values_list("date_done", flat=True)


def submit_tasks(count: int) -> None:
    owner = User.objects.get(username="admin")
    for _ in range(count):
        lifecycle.submit("seven", {}, owner)
    dispatch.flush()


def ended_tasks(since: datetime) -> Any:
    ended = TaskState.objects.filter(created_at__gte=since, state=State.SUCCESS)
    return ended.values_list("finished_at", flat=True)


ROUNDS: dict[str, tuple[Sending, Ending]] = {
    "celery": (send_chains, ended_chains),
    "engine": (submit_tasks, ended_tasks),
}


def _seconds(send: Sending, ends: Ending, count: int) -> float:
    """From before the first is sent until the last has ended, by its own row."""
    begun = timezone.now()
    send(count)
    while (ended := ends(begun)).count() < count:
        time.sleep(0.1)
    return (ended.aggregate(last=Max(ended.query.values_select[0]))["last"] - begun).total_seconds()
