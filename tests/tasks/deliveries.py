"""Messages as a worker's process executes them, in this process."""

from __future__ import annotations

from typing import Any

from celery import current_app
from celery.app.trace import trace_task

from tasks import dispatch
from tasks.states import Priority


def deliver() -> int:
    """Execute every message that has been sent up to now: how many there were.

    Messages that these send are left for the next call.
    """
    waiting = _taken()
    for headers, (args, kwargs, embedded), delivery_info in waiting:
        request = {**headers, **embedded, "args": args, "delivery_info": delivery_info}
        task = current_app.tasks[headers["task"]]
        trace_task(task, headers["id"], args, kwargs, request, app=current_app)
    return len(waiting)


def _taken() -> list[tuple[dict[str, Any], Any, dict[str, Any]]]:
    dispatch.flush()
    taken = []
    with current_app.connection_for_read() as connection:
        for name in Priority.values:
            queue = connection.SimpleQueue(name)
            while queue.qsize():
                message = queue.get(block=False)
                message.ack()
                taken.append((message.headers, message.payload, message.delivery_info))
            queue.close()
    return taken
