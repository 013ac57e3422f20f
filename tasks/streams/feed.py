"""Follows a task: every event once, in order, however late one joins and whatever gets lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

from tasks.events import WireEvent
from tasks.streams.hub import hub


async def follow(task_id: UUID, after: int = 0) -> AsyncGenerator[list[WireEvent], None]:
    """Yield the task's events with `seq` above `after`, batch by batch, until the final one.

    A batch is empty when `hub.POLL_INTERVAL` passed without news, which lets the caller keep its
    connection alive. Who takes the batches slowly holds up nobody: what is not in memory any more
    by then is read from the database, a page at a time.
    """
    seq = after
    with hub().watching(task_id, after) as topic:
        while True:
            if batch := await topic.after(seq):
                yield batch
                seq = batch[-1].seq
            elif topic.is_over:
                return
            elif not await topic.news(seq):
                yield []
