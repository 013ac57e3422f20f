"""`manage.py build_agent`: starts a build from the command line, and may follow it to its end."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError

from agents.crawl.rendering.rendering import Render
from agents.crawl.scope import Reach
from tasks import dispatch, events, lifecycle, pulse, workflows
from tasks.errors import InvalidParams
from tasks.events import EventPayload
from tasks.management.tables import require_tables
from tasks.models import TaskState
from tasks.states import State
from tasks.terminal import ProgressLines

WORKFLOW = "build-agent"
POLL_SECONDS = 0.25
"""Between two looks at the history: the database is all that the command needs to follow it."""
NOT_RUNNING = (
    "AgentForge is not running: no broker answers. "
    "The build is saved, and starts when you run `make up`."
)


NO_WORKER = (
    "A broker answers, but no worker has taken anything from it lately. "
    "The build is saved, and starts when a worker runs."
)


class Command(BaseCommand):
    help = "Builds an agent from websites. Prints the task's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("urls", nargs="+", metavar="URL")
        parser.add_argument("--name", help="the agent's name (default: the website's title)")
        parser.add_argument("--max-pages", type=int, help="pages to read at most")
        parser.add_argument("--max-depth", type=int, help="links to follow from a URL at most")
        parser.add_argument(
            "--scope",
            choices=[reach.value for reach in Reach],
            help="how far around a URL pages may be",
        )
        parser.add_argument(
            "--render",
            choices=[when.value for when in Render],
            help="which pages a browser reads: those without content of their own, none, or all",
        )
        parser.add_argument("--owner", help="username of the owner (default: the first superuser)")
        parser.add_argument("--watch", action="store_true", help="follow the build to its end")

    def handle(self, *args: Any, owner: str | None, watch: bool, **options: Any) -> None:
        require_tables()
        names = ("urls", "name", "max_pages", "max_depth", "scope", "render")
        asked = {name: options[name] for name in names if options[name] is not None}
        task = submit(asked, find_owner(owner))
        self.stdout.write(str(task.pk))
        if not dispatch.broker_answers():
            self.explain_the_wait(watch)
        elif not pulse.workers_consume():
            self.stderr.write(NO_WORKER)
        if watch:
            self.watch(task)

    def explain_the_wait(self, watch: bool) -> None:
        """Say why the build does not begin.

        Raises:
            CommandError: somebody wanted to watch it.
        """
        if watch:
            raise CommandError(NOT_RUNNING)
        self.stderr.write(NOT_RUNNING)

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
            raise CommandError(f"The build is {task.state}. {task.error_message}".strip())
        self.stdout.write(f"agent_id: {task.agent_id}")


def find_owner(username: str | None) -> User:
    """The user of that name, or the first superuser.

    Raises:
        CommandError: there is none.
    """
    wanted = {"username": username} if username else {"is_superuser": True}
    owner = User.objects.filter(is_active=True, **wanted).order_by("pk").first()
    if owner is None:
        who = f"user {username!r}" if username else "superuser"
        raise CommandError(
            f"There is no active {who} to own the agent. "
            "Create one with: python manage.py createsuperuser"
        )
    return owner


def submit(params: dict[str, Any], owner: User) -> TaskState:
    """Submit the build.

    Raises:
        CommandError: parameters were refused; each is named with what is wrong with it.
    """
    try:
        cleaned = workflows.get(WORKFLOW).clean(params)
    except InvalidParams as error:
        lines = [f"{field}: {' '.join(faults)}" for field, faults in error.errors.items()]
        raise CommandError("\n".join(lines)) from error
    task = lifecycle.submit(WORKFLOW, cleaned, owner).task
    dispatch.flush()
    return task


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
