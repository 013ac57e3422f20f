"""`manage.py build_agent`: starts a build from the command line, and may follow it to its end."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management import CommandError

from agents.crawl.rendering.rendering import Render
from agents.crawl.scope import Reach
from agents.management.task_command import TaskCommand
from agents.params import WORKFLOW
from tasks import lifecycle, workflows
from tasks.errors import InvalidParams
from tasks.management.owners import find_owner
from tasks.management.tables import require_tables
from tasks.models import TaskState


class Command(TaskCommand):
    help = "Builds an agent from websites. Prints the task's id."
    noun = "build"

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
        super().add_arguments(parser)

    def handle(self, *args: Any, owner: str | None, watch: bool, **options: Any) -> None:
        require_tables()
        names = ("urls", "name", "max_pages", "max_depth", "scope", "render")
        asked = {name: options[name] for name in names if options[name] is not None}
        self.announce(submit(asked, find_owner(owner)), watch=watch)


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
    return lifecycle.submit(WORKFLOW, cleaned, owner).task
