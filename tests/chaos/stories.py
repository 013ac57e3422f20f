"""Carries the plans out: submits, cancels, retries, and waits for what becomes of each task."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.states import FINISHED, State
from tests.chaos.asking import PatientApi
from tests.chaos.following import Follower
from tests.chaos.plans import BUILD, Plan
from tests.streams.watching import Server

POLL = 0.4


@dataclass
class Story:
    """A plan that was begun, and how its task came to rest: empty while it has not."""

    plan: Plan
    task_id: str = ""
    end: str = ""
    follower: Follower | None = None


class Load:
    """Keeps so many tasks going until it is told to stop.

    Args:
        callback_url: where ends are told, for the plans that want it.
        width: tasks that are under way at once.
    """

    def __init__(
        self, api: PatientApi, server: Server, plans: Iterator[Plan], callback_url: str, width: int
    ) -> None:
        self.stories: list[Story] = []
        self._api, self._server, self._plans = api, server, plans
        self._callback_url = callback_url
        self._width = width
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin nothing new. What is under way goes on to its end."""
        self._stopping.set()

    async def run(self) -> None:
        """Until it is told to stop, and every task that it has begun is at rest."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._width):
                group.create_task(self._one_after_another())

    async def _one_after_another(self) -> None:
        while not self._stopping.is_set():
            story = Story(next(self._plans))
            self.stories.append(story)
            await self.tell(story)

    async def tell(self, story: Story) -> None:
        """Carry one plan out, with a watcher from beginning to end."""
        story.task_id = await self._submit(story.plan)
        dice = random.Random(story.plan.key)
        story.follower = follower = Follower(self._server, story.task_id, dice)
        async with asyncio.TaskGroup() as group:
            group.create_task(follower.follow())
            for number, cancel_after in enumerate(story.plan.cancels, start=1):
                story.end = await self._run(story.task_id, cancel_after)
                is_last = number == len(story.plan.cancels) or story.end == State.SUCCESS
                if is_last:
                    break
                await self._retry(story.task_id)
            follower.settle()

    async def _submit(self, plan: Plan) -> str:
        callback = {"callback_url": self._callback_url} if plan.calls_back else {}
        if plan.workflow == BUILD:
            path, body = "/agents", {**plan.params, **callback}
        else:
            path, body = "/tasks", {"workflow": plan.workflow, "params": plan.params, **callback}
        answer = await self._api.ask("POST", path, json=body, headers={"Idempotency-Key": plan.key})
        answer.raise_for_status()
        return str(answer.json()["task_id"])

    async def _run(self, task_id: str, cancel_after: float | None) -> str:
        """One run of the task, with a cancel in it if one is planned: its final state."""
        begun = time.monotonic()
        while True:
            task = (await self._api.ask("GET", f"/tasks/{task_id}")).json()
            if task["state"] in FINISHED:
                return str(task["state"])
            if cancel_after is not None and time.monotonic() - begun >= cancel_after:
                # 409 says that the end was faster.
                await self._api.ask("DELETE", f"/tasks/{task_id}")
                cancel_after = None
            await asyncio.sleep(POLL)

    async def _retry(self, task_id: str) -> None:
        # 409 says that an earlier request was carried out, although its answer was lost.
        await self._api.ask("POST", f"/tasks/{task_id}/retry", json={})
