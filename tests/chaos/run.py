"""One run from its first task to its verdict."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.chaos import ledger as ledgers
from tests.chaos import recovery, verdict
from tests.chaos.asking import PatientApi
from tests.chaos.builds import Builds
from tests.chaos.database import Database
from tests.chaos.faults import Striker
from tests.chaos.injector import EMBEDDED, EXTRA_SECONDS, SHARED, Injector
from tests.chaos.ledger import Ledger
from tests.chaos.leftovers import all_told, messages_left
from tests.chaos.plans import BUILD, Plan, plans
from tests.chaos.recovery import Figures
from tests.chaos.stories import Load, Story
from tests.chaos.website import website
from tests.stack import Stack
from tests.streams.watching import Server
from tests.webhooks.receiver import Receiver

SETTLE_SECONDS = 120.0
"""What the last tasks get to come to rest in, once nothing strikes any more."""


@dataclass(frozen=True)
class Options:
    """How hard, how long, and with which dice.

    `lease_seconds` is what the stack was started with; `width` tasks are under way at once.
    """

    seed: int
    kills: int
    seconds: float
    lease_seconds: float = 15.0
    width: int = 8


@dataclass
class Report:
    """What a run showed. `violations` is empty if every promise was kept."""

    options: Options
    violations: list[str] = field(default_factory=list)
    blows: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    totals: dict[str, float] = field(default_factory=dict)
    recovery: dict[str, Figures] = field(default_factory=dict)


class Run:
    """A stack, the load on it and the faults, as one whole. `servers` ends what it starts."""

    def __init__(self, stack: Stack, options: Options, servers: ExitStack) -> None:
        self._stack, self._options = stack, options
        self._database = Database(stack.environment.get("DATABASE_URL", ""), stack.data_dir)
        token = stack.token()
        client = servers.enter_context(stack.client(token))
        site = servers.enter_context(website())
        self._receiver = servers.enter_context(Receiver())
        self._api = PatientApi(stack.base_url, token)
        self._builds = Builds(self._database, client)
        server = Server(stack.base_url, token, client)
        queue = plans(options.seed, site.url)
        self._load = Load(self._api, server, queue, self._receiver.url, options.width)
        self._undisturbed = Story(Plan("undisturbed", BUILD, {"urls": [f"{site.url}/"]}))
        shares = SHARED if stack.environment.get("REDIS_URL") else EMBEDDED
        striker = Striker(stack, self._database, random.Random(options.seed))
        self._injector = Injector(striker, shares, options.lease_seconds, options.seed)

    async def go(self) -> Report:
        """Load and faults together, then the verdict."""
        begun = time.monotonic()
        try:
            await self._load.tell(self._undisturbed)
            overdue = await self._break_things()
        finally:
            await self._api.close()
        return await asyncio.to_thread(self._judge, overdue, time.monotonic() - begun)

    async def _break_things(self) -> bool:
        """Strike while tasks run, then let them come to rest: whether they did not in time."""
        try:
            async with (
                asyncio.timeout(self._options.seconds + EXTRA_SECONDS + SETTLE_SECONDS),
                asyncio.TaskGroup() as group,
            ):
                group.create_task(self._load.run())
                group.create_task(self._strike())
        except TimeoutError:
            return True
        return False

    async def _strike(self) -> None:
        await self._injector.run(self._options.kills, self._options.seconds)
        self._load.stop()

    def _judge(self, overdue: bool, seconds: float) -> Report:
        stories = [self._undisturbed, *self._load.stories]
        report = Report(self._options)
        if overdue:
            report.violations += _unfinished(stories)
        elif not all_told(self._database):
            report.violations.append("Some webhooks were not delivered in time.")
        ledger = ledgers.read(self._database)
        report.violations += self._violations(stories, ledger)
        report.blows.update(blow.fault for blow in self._injector.blows)
        report.ends.update(f"{story.plan.workflow} {story.end}" for story in stories)
        report.recovery = recovery.summary(recovery.measure(self._injector.blows, ledger))
        report.totals = self._totals(stories, ledger, seconds)
        return report

    def _violations(self, stories: list[Story], ledger: Ledger) -> Iterator[str]:
        received = list(self._receiver.webhooks.queue)
        yield from self._api.errors
        yield from verdict.of_tasks(stories, ledger)
        yield from verdict.of_watchers(stories, ledger)
        yield from verdict.of_webhooks(stories, ledger, received)
        yield from verdict.of_totals(ledger)
        yield from verdict.of_messages(messages_left(self._stack))
        undisturbed = self._builds.knowledge(ledger.tasks[self._undisturbed.task_id])
        for story in self._built(stories):
            for fault in self._builds.faults_of(ledger.tasks[story.task_id], undisturbed):
                yield f"{story.plan.workflow} {story.task_id}: {fault}."

    def _totals(self, stories: list[Story], ledger: Ledger, seconds: float) -> dict[str, float]:
        followers = [story.follower for story in stories if story.follower]
        deaths = [step["deaths"] for steps in ledger.steps.values() for step in steps]
        return {
            "seconds in all": round(seconds),
            "processes waiting for a core": round(os.getloadavg()[1], 1),
            "tasks": len(ledger.tasks),
            "events": sum(map(len, ledger.events.values())),
            "builds compared": len(self._built(stories)),
            "steps taken over": sum(deaths),
            "most deaths of a step that finished": _most_deaths(ledger),
            "connections of watchers": sum(follower.connections for follower in followers),
            "webhooks received": self._receiver.webhooks.qsize(),
            "webhooks due": sum(map(len, ledger.deliveries.values())),
        }

    @staticmethod
    def _built(stories: list[Story]) -> list[Story]:
        return [s for s in stories if s.plan.workflow == BUILD and s.end == "SUCCESS"]


def _unfinished(stories: list[Story]) -> Iterator[str]:
    for story in stories:
        if not story.end or not story.follower:
            yield f"{story.plan.workflow} {story.task_id} ({story.plan}) came to no end."


def _most_deaths(ledger: Ledger) -> int:
    rows = (step for steps in ledger.steps.values() for step in steps)
    return max((row["deaths"] for row in rows if row["state"] == "SUCCESS"), default=0)
