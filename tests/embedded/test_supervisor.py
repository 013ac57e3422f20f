"""The supervisor: what it starts, what it restarts, and in which order it stops."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agentforge.embedded import keeper
from agentforge.embedded.keeper import Program, Surroundings
from agentforge.embedded.supervisor import StartError, Supervisor

SLEEP = "import time; print('awake', flush=True); time.sleep(60)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('awake', flush=True); time.sleep(60)"
)


class Spoken:
    """What the supervisor said, and a way to wait for a line of it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._more = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self._more.set()

    async def wait_for(self, wanted: Callable[[str, str], bool]) -> str:
        async with asyncio.timeout(10):
            while True:
                for name, line in self.lines:
                    if wanted(name, line):
                        return line
                self._more.clear()
                await self._more.wait()

    async def started(self, times: int = 1) -> int:
        """The pid of the last start, once there have been so many."""
        starts = self.starts
        async with asyncio.timeout(10):
            while len(starts()) < times:
                self._more.clear()
                await self._more.wait()
        return starts()[-1]

    def starts(self) -> list[int]:
        return [int(line[13:-1]) for _, line in self.lines if line.startswith("started (pid ")]


@pytest.fixture
def spoken() -> Spoken:
    return Spoken()


@pytest.fixture
async def supervisor(spoken: Spoken, tmp_path: Path) -> AsyncIterator[Supervisor]:
    running = Supervisor(Surroundings(tmp_path, dict(os.environ), spoken))
    yield running
    running.kill()
    await running.stop()


def python(name: str, code: str, stop_seconds: float = 10) -> Program:
    return Program(name, (sys.executable, "-c", code), stop_seconds=stop_seconds)


async def test_each_line_of_a_program_is_passed_on_under_its_name(
    supervisor: Supervisor, spoken: Spoken
) -> None:
    await supervisor.start(python("talker", SLEEP))
    await spoken.wait_for(lambda name, line: (name, line) == ("talker", "awake"))


async def test_a_program_that_dies_is_started_again(
    supervisor: Supervisor, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_BACKOFF", 0.01)
    await supervisor.start(python("victim", SLEEP))
    first = await spoken.started()
    os.kill(first, signal.SIGKILL)
    assert await spoken.started(times=2) != first
    assert ("victim", "died (killed by SIGKILL), starting again in 0.01 s") in spoken.lines


async def test_the_pause_before_a_restart_doubles(
    supervisor: Supervisor, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_BACKOFF", 0.01)
    await supervisor.start(python("broken", "raise SystemExit(3)"))
    await spoken.wait_for(lambda _, line: line == "died (exit code 3), starting again in 0.04 s")


async def test_the_pause_does_not_grow_for_a_program_that_ran_steadily_in_between(
    supervisor: Supervisor, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_BACKOFF", 0.01)
    monkeypatch.setattr(keeper, "STEADY_AFTER", 0.0)
    await supervisor.start(python("victim", SLEEP))
    for times in range(1, 4):
        os.kill(await spoken.started(times), signal.SIGKILL)
    await spoken.started(times=4)
    deaths = [line for _, line in spoken.lines if line.startswith("died")]
    assert deaths == ["died (killed by SIGKILL), starting again in 0.01 s"] * 3


async def test_programs_stop_in_the_reverse_order_of_their_start(
    supervisor: Supervisor, spoken: Spoken
) -> None:
    for name in ("first", "second", "third"):
        await supervisor.start(python(name, SLEEP))
    await supervisor.stop()
    stops = [name for name, line in spoken.lines if line == "stopped"]
    assert stops == ["third", "second", "first"]


async def test_a_program_that_does_not_stop_in_time_is_killed(
    supervisor: Supervisor, spoken: Spoken
) -> None:
    await supervisor.start(python("deaf", DEAF, stop_seconds=0.2))
    await spoken.wait_for(lambda _, line: line == "awake")
    await supervisor.stop()
    assert ("deaf", "still busy after 0 seconds, killed") in spoken.lines
    assert gone(spoken.starts()[0])


async def test_what_a_dead_program_left_behind_is_killed_too(
    supervisor: Supervisor, spoken: Spoken
) -> None:
    code = (
        "import subprocess, sys, time;"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]);"
        "print('child', child.pid, flush=True); time.sleep(60)"
    )
    await supervisor.start(python("parent", code))
    line = await spoken.wait_for(lambda _, line: line.startswith("child"))
    os.kill(await spoken.started(), signal.SIGKILL)
    await spoken.wait_for(lambda _, line: line.startswith("died"))
    assert gone(int(line.split()[1]))


async def test_a_program_that_dies_while_starting_ends_the_start_with_its_name(
    supervisor: Supervisor,
) -> None:
    await supervisor.start(python("broken", "raise SystemExit(1)"))
    with pytest.raises(StartError, match=r"^broken stopped while it was starting\."):
        await supervisor.wait_until(lambda: False, "broken", seconds=10)


async def test_a_program_that_never_answers_ends_the_start_with_its_name(
    supervisor: Supervisor,
) -> None:
    await supervisor.start(python("silent", SLEEP))
    with pytest.raises(StartError, match=r"^silent did not answer within 0 seconds\."):
        await supervisor.wait_until(lambda: False, "silent", seconds=0.1)


def gone(pid: int) -> bool:
    """Whether the process ends soon: the kernel closes its files a moment before its end."""
    deadline = time.monotonic() + 10
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not runs(pid)


def runs(pid: int) -> bool:
    """Whether the process runs. One that only waits to be reaped does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
