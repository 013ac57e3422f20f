"""`manage.py dead_letters`: lists tasks that failed after all retries, and retries them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from tasks import dead_letters, dispatch
from tasks.models import TaskQuerySet, TaskState


class Command(BaseCommand):
    help = "Lists the tasks that failed after all retries, in groups, or retries them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workflow", help="only those of this workflow")
        parser.add_argument("--step", help="only those that failed in this step")
        parser.add_argument("--error", help="only those with this error code")
        parser.add_argument("--retry", action="store_true", help="retry them instead of listing")
        parser.add_argument(
            "--from-start", action="store_true", help="with --retry: repeat finished steps too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        letters = dead_letters.select(
            TaskState.objects.all(), options["workflow"], options["step"], options["error"]
        )
        if options["retry"]:
            self.retry(letters, options["from_start"])
        elif options["from_start"]:
            raise CommandError("--from-start says how to retry: add --retry.")
        else:
            self.list(letters)

    def list(self, letters: TaskQuerySet) -> None:
        for group in dead_letters.groups(letters):
            self.stdout.write(
                f"{group.count:>9}  {group.workflow}.{group.step}  {group.error_code}"
            )
            self.stdout.write(f"{'':>11}{group.newest_at:%Y-%m-%d %H:%M} {group.sample_message}")

    def retry(self, letters: TaskQuerySet, start_over: bool) -> None:
        done = dead_letters.retry(letters, "manage.py", start_over=start_over)
        dispatch.flush()
        self.stdout.write(f"{done.retried} retried, {done.refused} refused.")
