"""`manage.py up`: the whole of AgentForge on one machine, in the foreground."""

from __future__ import annotations

import asyncio
import logging
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from agentforge.embedded import checks
from agentforge.embedded.files import AlreadyHeldError, held
from agentforge.embedded.first_user import FirstUser, create_first_user
from agentforge.embedded.keeper import Surroundings
from agentforge.embedded.stack import StackOptions, run_stack
from agentforge.embedded.supervisor import StartError
from agentforge.environment import env
from tasks.log_lines import JsonFormatter

ROOT_WARNING = "ignore:You're running the worker with superuser privileges"
"""A filter of Python's. In a container everything is root's, and only JSON is accepted here."""


class Command(BaseCommand):
    help = "Runs the web server, a worker, the scheduler and, unless REDIS_URL is set, a Valkey."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument(
            "--concurrency",
            type=int,
            default=max(2, os.cpu_count() or 2),
            help="steps that run at once (default: one a core, at least 2)",
        )

    def handle(self, *args: Any, host: str, port: int, concurrency: int, **options: Any) -> None:
        checks.check_concurrency(concurrency)
        stack = StackOptions(
            data_dir=settings.DATA_DIR,
            host=host,
            port=port,
            concurrency=concurrency,
            own_valkey=not env.str("REDIS_URL", ""),
            shutdown_seconds=settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT,
        )
        try:
            with held(settings.DATA_DIR / "up.lock"):
                checks.check_port(host, port)
                self.run(stack)
        except AlreadyHeldError as error:
            raise CommandError(
                f"AgentForge already runs on {settings.DATA_DIR} (process {error.holder}). "
                "Stop it first, or set AGENTFORGE_DATA_DIR to another directory."
            ) from error
        except StartError as error:
            raise CommandError(str(error)) from error

    def run(self, stack: StackOptions) -> None:
        """Check the outside servers, prepare the database, and run until somebody stops it."""
        for name in ("REDIS_URL", "CELERY_BROKER_URL"):
            if url := env.str(name, ""):
                checks.check_server(name, url)
        checks.prepare_database()
        first_user = create_first_user()
        self.introduce(first_user)
        surroundings = Surroundings(
            directory=settings.BASE_DIR,
            environment=environment(),
            say=self.say,
        )
        asyncio.run(run_stack(stack, surroundings, lambda: self.welcome(stack.url, first_user)))

    def introduce(self, first_user: FirstUser | None) -> None:
        """Tell how to get in, on the first start: before it, because a start that fails would take
        the password along, and after it, because the output of the programs comes in between.
        """
        if first_user is None:
            return
        password = first_user.generated_password or "the one in AGENTFORGE_ADMIN_PASSWORD"
        self.say("agentforge", f"staff user {first_user.username}, password: {password}")
        self.say("agentforge", "only this start shows it; change it at /admin/password_change/")

    def welcome(self, url: str, first_user: FirstUser | None) -> None:
        """Tell where to go, and who may."""
        self.say("agentforge", self.style.SUCCESS(f"ready at {url} (Ctrl-C stops it)"))
        self.introduce(first_user)

    def say(self, name: str, line: str) -> None:
        """Print one line of a program under its name, at once also into a pipe."""
        if settings.LOG_FORMAT == "json":
            self.stdout.write(line if line.startswith("{") else as_json(name, line))
        else:
            self.stdout.write(f"{self.style.MIGRATE_LABEL(f'{name:<10}')} | {line}")
        self.stdout.flush()


def as_json(name: str, line: str) -> str:
    """A line of a program that does not log as JSON itself."""
    record = logging.LogRecord(name, logging.INFO, "", 0, line, None, None)
    return JsonFormatter().format(record)


def environment() -> dict[str, str]:
    """The environment of every program: this process's, with output at once and less noise."""
    filters = ",".join(filter(None, [os.environ.get("PYTHONWARNINGS", ""), ROOT_WARNING]))
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": filters}
