"""`manage.py refresh_agent`: brings an agent up to date, and may follow that to its end."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management import CommandError

from agents.management.task_command import TaskCommand
from agents.models import AgentRecord
from agents.refresh.request import CannotRefresh, refresh
from tasks.errors import NotAllowed
from tasks.management.owners import find_owner
from tasks.management.tables import require_tables


class Command(TaskCommand):
    help = "Reads again what has changed at an agent's websites. Prints the task's id."
    noun = "refresh"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("agent_id", type=UUID, metavar="AGENT_ID")
        super().add_arguments(parser)

    def handle(self, *args: Any, owner: str | None, watch: bool, **options: Any) -> None:
        require_tables()
        by = find_owner(owner)
        try:
            visible = AgentRecord.objects.visible_to(by).ready().get(pk=options["agent_id"])
            task = refresh(visible.pk, by).task
        except AgentRecord.DoesNotExist as error:
            raise CommandError(
                f"There is no agent {options['agent_id']} that {by} may refresh. "
                "Its build prints its agent_id."
            ) from error
        except (CannotRefresh, NotAllowed) as error:
            raise CommandError(str(error)) from error
        self.announce(task, watch=watch)
