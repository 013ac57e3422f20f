"""A task whose history the tests write, event by event, on this process's channel layer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import transaction

from tasks import events, publisher
from tasks.models import TaskEvent, TaskState


def channel_layer() -> Any:
    """The layer that watchers and publishers of this process share."""
    return get_channel_layer()


class History:
    """A running task whose history the test writes, event by event."""

    def __init__(self, owner: User) -> None:
        self.id: UUID = TaskState.objects.create(workflow="w", owner=owner, state="RUNNING").pk
        self.seq = 0

    async def grow(self, state: str = "RUNNING") -> None:
        """Commit one more event, then tell the watchers; a final state ends the task."""
        await self.commit(state)
        await self.publish(self.seq)

    async def commit(self, state: str = "RUNNING", message: str = "") -> None:
        self.seq += 1
        await database_sync_to_async(self._write)(state, message)

    async def publish(self, *seqs: int) -> None:
        rows = await database_sync_to_async(events.since)(self.id, 0, 1000)
        told = [row for row in rows if row["seq"] in seqs]
        for message in publisher.messages(self.id, told):
            await channel_layer().group_send(events.group_name(self.id), message)

    def _write(self, state: str, message: str) -> None:
        percent = 100 if state == "SUCCESS" else 0
        with transaction.atomic():
            TaskEvent.objects.create(
                task_id=self.id,
                seq=self.seq,
                type="state",
                state=state,
                percent=percent,
                message=message,
            )
            TaskState.objects.filter(pk=self.id).update(
                last_seq=self.seq, state=state, percent=percent
            )
