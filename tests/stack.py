"""The whole of AgentForge, running for real beside the tests.

The same code that `manage.py demo` uses starts it: embedded Valkey, Celery worker, scheduler and
web server on free ports and a data directory of their own. Given DATABASE_URL, REDIS_URL or
CELERY_BROKER_URL it uses those servers instead.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from agentforge.embedded.background import BackgroundStack

USERNAME = "staff"
PASSWORD = "correct-horse-battery"
STARTED = re.compile(r"^(?P<name>\w+) +\| started \(pid (?P<pid>\d+)\)$", re.MULTILINE)


class Stack(BackgroundStack):
    """A running AgentForge with one staff user. Use it as a context manager.

    `base_url` is its root, `environment` what its processes (and `manage`) see.
    """

    username = USERNAME
    password = PASSWORD

    def __init__(
        self, data_dir: Path, environment: Mapping[str, str], *, concurrency: int = 2
    ) -> None:
        super().__init__(data_dir, environment, concurrency=concurrency)
        self._tokens: dict[str, str] = {}

    @classmethod
    def on(cls, data_dir: Path, **environment: str) -> Stack:
        """A stack on `data_dir`, with further settings."""
        return cls(data_dir, cls.settings(**environment))

    @staticmethod
    def settings(**environment: str) -> dict[str, str]:
        """The environment of a stack in the tests, with further settings."""
        defaults = {
            "DJANGO_SETTINGS_MODULE": "tests.stack_settings",
            "AGENTFORGE_ADMIN_USERNAME": USERNAME,
            "AGENTFORGE_ADMIN_PASSWORD": PASSWORD,
            "AGENTFORGE_CRAWL_ALLOW_PRIVATE": "127.0.0.1",
            "AGENTFORGE_UNTAKEN_SECONDS": "5",
            # On a shared broker, workers would take each other's messages.
            "REDIS_URL": "",
            "CELERY_BROKER_URL": "",
        }
        return {**defaults, **environment}

    def token(self, username: str = USERNAME) -> str:
        """A bearer token of the user, the same each time."""
        if username not in self._tokens:
            self._tokens[username] = self.manage("api_token", username)
        return self._tokens[username]

    def client(self, token: str = "") -> httpx.Client:
        """An HTTP client of the API, as the staff user unless another's token is given."""
        return httpx.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {token or self.token()}"},
            timeout=30,
            trust_env=False,
        )

    def pid(self, program: str) -> int:
        """The process id of `valkey`, `worker`, `beat` or `web`, as it runs now."""
        return self._started(program)[-1]

    def started_at(self, program: str) -> float:
        """When the present process of the program began, in seconds of the epoch."""
        return Path(f"/proc/{self.pid(program)}").stat().st_ctime

    def worker_pids(self) -> list[int]:
        """The worker's main process, followed by the processes that execute the steps."""
        main = self.pid("worker")
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def kill(self, program: str) -> None:
        """Kill the program without warning. The supervisor will start it again."""
        os.kill(self.pid(program), signal.SIGKILL)

    def wait_for_restart(self, program: str, of: int, seconds: float = 20) -> int:
        """Wait until the process `of` of the program has a successor, and return its id."""
        deadline = time.monotonic() + seconds
        while (successor := self.pid(program)) == of:
            if time.monotonic() > deadline:
                raise AssertionError(f"{program} was not started again:\n{self._last_lines()}")
            time.sleep(0.05)
        return successor

    def redis_url(self) -> str:
        """Where its channel layer is."""
        return self.environment.get("REDIS_URL") or (self.data_dir / "valkey.url").read_text()

    def output(self) -> str:
        """Everything that the programs have written so far."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(errors="replace"))

    def _started(self, program: str) -> list[int]:
        return [
            int(match["pid"])
            for match in STARTED.finditer(self.output())
            if match["name"] == program
        ]
