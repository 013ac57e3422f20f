"""AgentForge as a child of another program, on a data directory and a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from agentforge.embedded.ports import free_port
from agentforge.embedded.stack import START_SECONDS, answers
from tasks.programs.leash import leashed

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LAST_LINES = 20
"""How much of the output an error quotes."""


class BackgroundError(Exception):
    """The stack did not start, or one of its commands failed. The message ends with its output."""


class BackgroundStack:
    """`manage.py up` in the background. Use it as a context manager, in the main thread.

    Args:
        data_dir: where it keeps everything; its output goes to `data_dir`/up.log.
        environment: settings that differ from this process's environment.
        concurrency: steps that run at once.

    Raises:
        BackgroundError: on entering, when it does not come up.
    """

    def __init__(
        self, data_dir: Path, environment: Mapping[str, str], *, concurrency: int = 2
    ) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.log = data_dir / "up.log"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "agentforge.settings",
            **environment,
            "AGENTFORGE_DATA_DIR": str(data_dir),
        }
        self._command = self._manage("up", f"--port={self.port}", f"--concurrency={concurrency}")
        self._ending = ExitStack()

    @property
    def base_url(self) -> str:
        """The web server's root, without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def supervisor_pid(self) -> int:
        """The process id of `manage.py up` itself."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How `manage.py up` has ended; None while it runs."""
        return self._process.returncode

    def __enter__(self) -> Self:
        with ExitStack() as ending:
            ending.callback(self._stop, self._start())
            self._wait_until_ready()
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.close()

    def manage(self, *arguments: str) -> str:
        """Run a management command on this stack's data, and return what it prints.

        Raises:
            BackgroundError: it failed.
        """
        done = subprocess.run(  # noqa: S603 (our own command line)
            self._manage(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BackgroundError(done.stderr.strip())
        return done.stdout.strip()

    def _manage(self, *arguments: str) -> list[str]:
        return [sys.executable, str(BASE_DIR / "manage.py"), *arguments]

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own command line)
                leashed(self._command),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the program that uses the stack; it ends the stack in its own time.
                start_new_session=True,
            )
        return self._process

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 2 * START_SECONDS
        while not answers(f"{self.base_url}/readyz"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BackgroundError(f"AgentForge did not start:\n{self._last_lines()}")
            time.sleep(0.1)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])
