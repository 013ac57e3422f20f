"""Keeps one program running: starts it, passes on what it writes, restarts it when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tasks.programs.leash import leashed

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 15.0
STEADY_AFTER = 10.0
"""Seconds. A program that lived this long is restarted as if it had never died before: it does not
fail at its start, and its work must not wait for one that was killed a few times in a minute."""
LONGEST_LINE = 1_000_000
"""Bytes. A longer line of output is cut."""

Say = Callable[[str, str], None]
"""Takes the name of a program and one line: of its output, or about it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running.

    `stop_signal` asks it to finish; what is left of it after `stop_seconds` is killed. A line of
    its output that contains one of `noise` is not passed on.
    """

    name: str
    command: tuple[str, ...]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    noise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where programs run, what their environment holds, and who is told about them."""

    directory: Path
    environment: Mapping[str, str]
    say: Say


class Keeper:
    """One program: its present process, and the task that watches over it.

    `deaths` counts how often it ended without having been asked to.
    """

    def __init__(self, program: Program, surroundings: Surroundings) -> None:
        self.program = program
        self.deaths = 0
        self._surroundings = surroundings
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Start the program. Returns once its process exists."""
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask the program to finish, wait for it, and kill it when that takes too long."""
        self._stopping.set()
        self._ask_to_stop()
        _, busy = await asyncio.wait([self._watch], timeout=self.program.stop_seconds)
        if busy:
            self._say(f"still busy after {self.program.stop_seconds:.0f} seconds, killed")
            self.kill()
        await self._watch
        self._say("stopped")

    def kill(self) -> None:
        """Kill the process group: the program, and whatever it started and left behind."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _keep_running(self) -> None:
        backoff = FIRST_BACKOFF
        while True:
            started = time.monotonic()
            code = await self._process.wait()
            await self._clear_away()
            if self._stopping.is_set():
                return
            self.deaths += 1
            if time.monotonic() - started > STEADY_AFTER:
                backoff = FIRST_BACKOFF
            self._say(f"died ({cause_of_death(code)}), starting again in {backoff:g} s")
            if await self._asked_to_stop_within(backoff):
                return
            backoff = min(2 * backoff, LONGEST_BACKOFF)
            await self._spawn()

    async def _spawn(self) -> None:
        reading_end, writing_end = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *leashed(self.program.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing_end,
                stderr=writing_end,
                cwd=self._surroundings.directory,
                env=self._surroundings.environment,
                # Ctrl-C reaches the whole foreground group; the order of the end is ours to choose.
                start_new_session=True,
            )
        finally:
            os.close(writing_end)
        self._output = asyncio.create_task(self._pass_on(reading_end))
        self._say(f"started (pid {self._process.pid})")
        # stop() may have come while the process was being made, and have asked its predecessor.
        if self._stopping.is_set():
            self._ask_to_stop()

    async def _pass_on(self, reading_end: int) -> None:
        stream = asyncio.StreamReader(limit=LONGEST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading_end, "rb")
        )
        try:
            while line := await read_line(stream):
                text = line.decode(errors="replace").rstrip()
                if not any(noise in text for noise in self.program.noise):
                    self._say(text)
        finally:
            transport.close()

    async def _clear_away(self) -> None:
        self.kill()
        # A process outside the group may hold the pipe open; its output is not ours to wait for.
        _, unfinished = await asyncio.wait([self._output], timeout=1)
        for output in unfinished:
            output.cancel()

    async def _asked_to_stop_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    def _ask_to_stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(self.program.stop_signal)

    def _say(self, line: str) -> None:
        self._surroundings.say(self.program.name, line)


async def read_line(stream: asyncio.StreamReader) -> bytes:
    """The next line with its end; empty at the end. A line that is too long loses a part."""
    while True:
        with suppress(ValueError):
            return await stream.readline()


def cause_of_death(code: int) -> str:
    """A process's return code in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
