"""What commands share that start a task: its id, why it does not begin, and its end."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator

from django.core.management import BaseCommand, CommandError

from tasks import dispatch, events, pulse
from tasks.events import EventPayload
from tasks.models import TaskState
from tasks.states import State
from tasks.terminal import ProgressLines

POLL_SECONDS = 0.25
"""Between two looks at the history: the database is all that the command needs to follow it."""


class TaskCommand(BaseCommand):
    """A command that starts a task for somebody and may follow it to its end.

    Attributes:
        noun: what the task is called in sentences.
    """

    noun: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", help="username of the owner (default: the first superuser)")
        parser.add_argument(
            "--watch", action="store_true", help=f"follow the {self.noun} to its end"
        )

    def announce(self, task: TaskState, *, watch: bool) -> None:
        """Print the task's id, why it has to wait if it has to, and with `watch` its events.

        Raises:
            CommandError: it is to be watched, and does not begin or does not succeed.
        """
        dispatch.flush()
        self.stdout.write(str(task.pk))
        if not dispatch.broker_answers():
            self.explain_the_wait(watch)
        elif not pulse.workers_consume():
            self.stderr.write(
                "A broker answers, but no worker has taken anything from it lately. "
                f"The {self.noun} is saved, and starts when a worker runs."
            )
        if watch:
            self.watch(task)

    def explain_the_wait(self, watch: bool) -> None:
        """Say why the task does not begin.

        Raises:
            CommandError: somebody wanted to watch it.
        """
        not_running = (
            "AgentForge is not running: no broker answers. "
            f"The {self.noun} is saved, and starts when you run `make up`."
        )
        if watch:
            raise CommandError(not_running)
        self.stderr.write(not_running)

    def watch(self, task: TaskState) -> None:
        """Print the task's events until it is finished.

        Raises:
            CommandError: it did not succeed.
        """
        lines = ProgressLines()
        for line in filter(None, map(lines.line, follow(task))):
            self.stdout.write(line)
            self.stdout.flush()
        task.refresh_from_db()
        if task.state != State.SUCCESS:
            raise CommandError(f"The {self.noun} is {task.state}. {task.error_message}".strip())
        self.stdout.write(f"agent_id: {task.agent_id}")


def follow(task: TaskState) -> Iterator[EventPayload]:
    """Every event of the task as the database gets it, the final one last."""
    seq = 0
    while True:
        for event in events.since(task.pk, seq):
            seq = event["seq"]
            yield event
            if events.is_final(event):
                return
        time.sleep(POLL_SECONDS)
