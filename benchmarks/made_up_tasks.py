"""Tasks as they are after weeks of work, with what is common, rare, new and old among them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from agents.params import WORKFLOW
from benchmarks.website import WORDS
from tasks.models import TaskState
from tasks.states import State

COUNT = 10_000
UNFINISHED = 40
"""The newest tasks: a quarter of them runs, the others wait."""
RARE = 5
"""Tasks of the user `few` and the workflow `export`, with a word of their own."""
RARE_WORKFLOW = "export"
TRIMMED_DAYS = 30
OLD_WORD = "bygone"
"""Stands in the oldest tasks only, a fiftieth of them all."""
ERRORS = {
    "no_pages": ("validate", "No page could be fetched from {url}. Check the address."),
    "connection": ("scrape", "The server at {url} closed the connection 5 times. Try later."),
    "time_limit": ("scrape", "The step scrape ran into its limit of 3600 s."),
    "worker_lost": ("extract", "The step extract ended its worker 3 times."),
    "provider": ("create", "The provider refused the agent: its quota is used up."),
}


def made_up(owners: Sequence[int], span: timedelta, old: int) -> Iterator[TaskState]:
    """10,000 tasks of the last `span`, oldest first, the same in every run but for their times.

    Args:
        owners: the ids of the user with many tasks, of the one with few, and of all others.
        old: how many of them hold the old word.
    """
    chance = random.Random(1)
    now = datetime.now(UTC)
    for number in range(COUNT):
        is_rare = number % (COUNT // RARE) == COUNT // RARE // 2
        created = now - span * ((COUNT - number) / COUNT)
        url = f"https://{chance.choice(WORDS)}{number}.example.com/{_word(chance)}/"
        task = TaskState(
            id=_uuid(chance),
            workflow=WORKFLOW if chance.random() < 0.97 else "refresh",
            owner_id=owners[0] if chance.random() < 0.3 else chance.choice(owners[2:]),
            params={"urls": [url], "max_pages": 500, "max_depth": 10, "provider": "local"},
            subject=f"{url}{OLD_WORD}" if number < old else url,
            last_seq=40,
            created_at=created,
            queued_at=created,
        )
        if is_rare:
            task.workflow, task.owner_id, task.subject = RARE_WORKFLOW, owners[1], f"{url}zanzibar"
        if COUNT - number <= UNFINISHED:
            _leave_unfinished(task, now, runs=number % 4 == 0)
        else:
            _finish(chance, task, url, now)
        yield task


def _uuid(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def _word(chance: random.Random) -> str:
    """One in 100, and one in 1,000, is there to be looked for."""
    return chance.choices(["guide", "percent", "permille"], [989, 10, 1])[0]


def _leave_unfinished(task: TaskState, now: datetime, runs: bool) -> None:
    tomorrow = now + timedelta(days=1)
    if runs:
        task.state, task.percent, task.current_step = State.RUNNING, 20, "scrape"
        task.started_at = task.created_at
        task.lease_holder, task.lease_expires_at = "elsewhere/1/1", tomorrow
    else:
        task.next_dispatch_at = tomorrow


def _finish(chance: random.Random, task: TaskState, url: str, now: datetime) -> None:
    task.started_at = task.created_at
    task.finished_at = task.created_at + timedelta(seconds=chance.uniform(5, 600))
    if task.finished_at < now - timedelta(days=TRIMMED_DAYS):
        task.trimmed_at = now
    task.state = chance.choices([State.SUCCESS, State.FAILED, State.CANCELLED], [960, 25, 15])[0]
    if task.state == State.SUCCESS:
        task.agent_id = _uuid(chance)
        task.percent, task.details = 100, "Built from 120 pages."
        task.result = {"agent_id": str(task.agent_id), "pages": 120, "chunks": 900}
    elif task.state == State.FAILED:
        task.error_code = chance.choice(list(ERRORS))
        task.failed_step, message = ERRORS[task.error_code]
        task.current_step = task.failed_step
        task.error_message = message.format(url=url)
