"""A program under guard: its output, its end, and that nothing of it outlives anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from tasks.errors import PermanentError, ProgramFailed, StepTimedOut
from tasks.interrupt import Interrupt
from tasks.programs import process_tree, running, streaming
from tasks.programs.terms import Terms
from tests.engine.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of this")

TREE = """
import signal, subprocess, sys, time
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = [sys.executable, "-S", "-c", "import time; time.sleep(600)", sys.argv[1]]
subprocess.Popen(child)
subprocess.Popen(child, start_new_session=True)
print("ready", flush=True)
time.sleep(float(sys.argv[3]))
"""
"""A program with a child, and one that has left its process group."""

ENDED_EARLY = """
import os, sys
sys.path.insert(0, sys.argv[1])
from guard import Guard
program = os.fork()
if not program:
    os._exit(3)
os.waitid(os.P_PID, program, os.WEXITED | os.WNOWAIT)
print(os.waitstatus_to_exitcode(Guard(program).watch()))
"""
"""A guard that begins to watch a program when that has already ended."""

WORKER = """
import os, sys, time
import django
django.setup()
from tasks.interrupt import Interrupt
from tasks.programs import streaming
def write(lines):
    if not os.fork():
        time.sleep(30)
    print(*lines, flush=True)
streaming.run(sys.argv[1:], write, Interrupt())
"""
"""A worker in the middle of a program, with a child that holds its line to the guard open."""


@pytest.fixture
def mark() -> Iterator[str]:
    """A word in the command line of every process that the test starts; none is left at its end."""
    mark = uuid4().hex
    yield mark
    for pid in named(mark):
        os.kill(pid, signal.SIGKILL)


def named(mark: str) -> list[int]:
    """The processes whose command line holds `mark`."""
    found = subprocess.run(["pgrep", "-f", "--", mark], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-S", "-c", code, *arguments]


def tree(mark: str, manners: str = "polite", seconds: float = 600) -> list[str]:
    return python(TREE, mark, manners, str(seconds))


def output(command: Sequence[str]) -> list[str]:
    lines: list[str] = []
    streaming.run(command, lines.extend, Interrupt())
    return lines


def seconds_to_stop(command: Sequence[str]) -> tuple[float, list[str]]:
    """How long a program takes that is told to stop at its first line, and all its lines."""
    interrupt, lines = Interrupt(), list[str]()
    stopped: list[float] = []

    def write(new: Sequence[str]) -> None:
        lines.extend(new)
        if not stopped:
            stopped.append(time.monotonic())
            threading.Thread(target=interrupt.expire).start()

    with pytest.raises(StepTimedOut):
        streaming.run(command, write, interrupt)
    return time.monotonic() - stopped[0], lines


def test_a_line_is_there_before_the_program_ends() -> None:
    code = "import time; print('first', flush=True); time.sleep(1); print('last')"
    arrivals: dict[str, float] = {}

    def write(lines: Sequence[str]) -> None:
        arrivals.update(dict.fromkeys(lines, time.monotonic()))

    streaming.run(python(code), write, Interrupt())
    assert arrivals["last"] - arrivals["first"] > 0.5


def test_many_lines_come_in_batches_that_are_not_too_big() -> None:
    sizes: list[int] = []
    code = "print('\\n'.join(map(str, range(5000))))"
    streaming.run(python(code), lambda lines: sizes.append(len(lines)), Interrupt())
    assert sum(sizes) == 5000
    assert max(sizes) <= streaming.BATCH_LINES


def test_what_it_leaves_behind_ends_with_it(mark: str) -> None:
    assert output(tree(mark, seconds=0)) == ["ready"]
    assert not named(mark)


@pytest.mark.parametrize(
    ("manners", "least", "most"), [("polite", 0, 1.9), ("deaf", 2, 8)], ids=["polite", "deaf"]
)
def test_when_it_must_stop_its_whole_tree_does(
    mark: str, manners: str, least: float, most: float
) -> None:
    seconds, _ = seconds_to_stop(tree(mark, manners))
    assert least <= seconds < most
    assert not named(mark)


def test_it_is_asked_before_it_is_killed() -> None:
    code = """
import signal, sys, time
def leave(*_):
    print("put in order", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(600)
"""
    assert seconds_to_stop(python(code))[1] == ["ready", "put in order"]


def test_so_are_the_others_of_its_group_and_they_have_their_time() -> None:
    """A shell that ends at once, and its pipeline's last part, which puts something in order."""
    child = "trap 'sleep 0.5; echo put in order; exit' TERM; echo ready; sleep 600 & wait"
    seconds, lines = seconds_to_stop(["sh", "-c", f'sh -c "{child}" & wait'])
    assert lines == ["ready", "put in order"]
    assert seconds >= 0.5


def test_nothing_reaches_it_that_is_meant_for_the_group_of_the_worker() -> None:
    code = "import os; print(os.getsid(0), os.getpgid(0) == os.getpid())"
    (line,) = output(python(code))
    session, is_leader = line.split()
    assert (int(session) != os.getsid(0), is_leader) == (True, "True")


def test_it_has_nothing_to_read() -> None:
    assert output(python("import sys; print(repr(sys.stdin.read()))")) == ["''"]


@pytest.mark.parametrize("name", ["INT", "PIPE"])
def test_signals_that_the_worker_ignores_are_not_ignored_by_it(name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with pytest.raises(ProgramFailed, match=f"was killed by signal {number}"):
            output(["sh", "-c", f"kill -{name} $$; echo still here"])
    finally:
        signal.signal(number, before)


def test_the_end_of_a_program_that_was_faster_than_its_guard_is_noticed() -> None:
    command = python(ENDED_EARLY, str(running.GUARD.parent))
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "3\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_what_killed_it_is_told(number: int) -> None:
    with pytest.raises(ProgramFailed, match=f"was killed by signal {number}"):
        output(["sh", "-c", f"kill -{number} $$"])


def test_its_exit_code_and_the_last_of_its_standard_error_are_told() -> None:
    code = "import sys; print('x' * 70_000 + 'the reason', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ProgramFailed) as failure:
        output(python(code))
    assert "ended with exit code 3" in str(failure.value)
    assert str(failure.value).endswith("the reason")
    assert 65_000 < len(str(failure.value)) < 66_000


def test_no_half_of_what_is_to_be_hidden_is_left_of_its_standard_error() -> None:
    code = "import sys; sys.stderr.write('secret\\n' * 20_000); sys.exit(3)"
    terms = Terms(hide=lambda text: text.replace("secret", "***"))
    with pytest.raises(ProgramFailed) as failure:
        streaming.run(python(code), lambda lines: None, Interrupt(), terms)
    _, _, kept = str(failure.value).partition(":\n")
    assert set(kept.replace("\n", "")) == {"*"}


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(PermanentError, match="There is no program no-such-program") as refusal:
        output(["no-such-program"])
    assert refusal.value.code == "program_missing"


def test_it_is_killed_when_its_lines_cannot_be_written(mark: str) -> None:
    def write(lines: Sequence[str]) -> None:
        raise ZeroDivisionError

    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        streaming.run(tree(mark, "deaf"), write, Interrupt())
    assert time.monotonic() - begun < 30
    assert not named(mark)


def test_it_dies_with_its_worker_though_a_child_of_that_holds_the_line_to_the_guard(
    mark: str,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, *tree(mark, "deaf")],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"ready\n"
        worker.kill()
        worker.wait()
        try:
            eventually(lambda: not below_guard(mark), seconds=10)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)


def below_guard(mark: str) -> list[int]:
    """The program, its children and its guard, without the worker's own processes."""
    return [pid for pid in named(mark) if b"tasks.programs" not in command_line(pid)]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b"tasks.programs"


def test_it_dies_with_its_guard(mark: str) -> None:
    killed: list[int] = []

    def write(lines: Sequence[str]) -> None:
        for pid in named(mark):
            if b"guard.py" in command_line(pid):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    code = "import time; print('ready', flush=True); time.sleep(600)"
    with pytest.raises(ProgramFailed, match="was killed by signal 9"):
        streaming.run(python(code, mark), write, Interrupt())
    assert killed
    eventually(lambda: not named(mark))


def test_what_a_step_has_started_itself_is_killed_and_programs_are_left_to_their_guards(
    mark: str,
) -> None:
    since = process_tree.ticks()
    own = subprocess.Popen(python("import time; time.sleep(600)"))
    code = "import time; print('ready', flush=True); time.sleep(0.3); print('done')"
    lines: list[str] = []

    def write(new: Sequence[str]) -> None:
        lines.extend(new)
        running.kill_unguarded(since)

    streaming.run(python(code, mark), write, Interrupt())
    assert lines == ["ready", "done"]
    assert own.wait(10) == -signal.SIGKILL


def test_an_interrupt_before_its_start_stops_it_at_once() -> None:
    interrupt = Interrupt()
    interrupt.expire()
    begun = time.monotonic()
    with pytest.raises(StepTimedOut):
        streaming.run(python("import time; time.sleep(600)"), print, interrupt)
    assert time.monotonic() - begun < 30
