"""`manage.py demo`: builds an agent from AgentForge's own documentation, and asks it a question."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

from django.core.management import BaseCommand, CommandError
from rich.console import Console

from agentforge.demo.client import ApiError, Client
from agentforge.demo.progress import Json, display_for
from agentforge.embedded.background import BackgroundError, BackgroundStack

QUESTION = "What happens when a worker dies?"
USERNAME = "demo"
ENVIRONMENT = {
    "AGENTFORGE_ADMIN_USERNAME": USERNAME,
    "AGENTFORGE_ADMIN_PASSWORD": "",
    "AGENTFORGE_CRAWL_ALLOW_PRIVATE": "127.0.0.1",
    "AGENTFORGE_WORKER_SHUTDOWN_SECONDS": "1",
    "ALLOWED_HOSTS": "127.0.0.1",
    # The demo shows the embedded stack, and must not touch the services of an installation.
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "CELERY_BROKER_URL": "",
}


class Command(BaseCommand):
    help = "Builds an agent from the guide on a temporary installation, asks it, and cleans up."

    def handle(self, *args: Any, **options: Any) -> None:
        # Without this, SIGTERM would end the process with no chance to clean up.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        console = Console(file=cast(IO[str], self.stdout), soft_wrap=True)
        try:
            with TemporaryDirectory(prefix="agentforge-demo-") as directory:
                self.run(console, Path(directory))
        except (ApiError, BackgroundError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            console.print("Interrupted. Everything is stopped.")
            sys.exit(128 + signal.SIGINT)

    def run(self, console: Console, directory: Path) -> None:
        """Start the stack, show one build and one answer on it, and stop it."""
        started = time.monotonic()
        console.print("Starting a database, Valkey, a worker and the web server …")
        with BackgroundStack(directory, ENVIRONMENT) as stack:
            token = stack.manage("api_token", USERNAME, "--name=demo")
            with Client(stack.base_url, token) as client:
                agent_id = build(console, client, f"{stack.base_url}/guide/")
                ask(console, client, agent_id)
            console.print("\nStopping everything …")
        console.print(f"Done in {time.monotonic() - started:.0f} seconds; nothing is left running.")


def build(console: Console, client: Client, url: str) -> str:
    """Build an agent from the website at `url` while showing its progress: the agent's id.

    Raises:
        CommandError: the task did not succeed.
    """
    console.print(f"Building an agent from {url}\n")
    queued = client.build("AgentForge guide", url)
    task = client.task(queued["task_id"])
    with display_for(console, task["steps"]) as display:
        for event in client.events(task["task_id"]):
            display.show(event)
    task = client.task(task["task_id"])
    if task["state"] != "SUCCESS":
        raise CommandError(f"The build is {task['state']}. {task['error_message']}")
    console.print(f"\nagent_id: {task['agent_id']}")
    return str(task["agent_id"])


def ask(console: Console, client: Client, agent_id: str) -> None:
    """Ask the agent one question, and show the answer with what it rests on.

    Raises:
        CommandError: the agent found nothing to cite.
    """
    console.print(f"\nQuestion: {QUESTION}")
    answer = client.ask(agent_id, QUESTION)
    console.print(f"Answer:   {answer['answer']}", markup=False)
    if not answer["citations"]:
        raise CommandError("The answer cites nothing, so the agent does not know its own guide.")
    show_citation(console, answer["citations"][0])


def show_citation(console: Console, citation: Json) -> None:
    """Print where the answer stands, with the exact words."""
    console.print(f"Citation: {citation['url']}", markup=False)
    console.print(f"          “{citation['quote']}”", markup=False)
