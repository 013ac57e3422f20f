"""Programs as steps: every line in the history, and nothing of them left when they must stop."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.driver import Engine
from tests.engine.test_interrupts import processes_named
from tests.engine.waiting import eventually
from tests.stack import Stack

pytestmark = pytest.mark.services

TREE = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "deaf" else signal.SIG_DFL)
child = [sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]]
subprocess.Popen(child)
subprocess.Popen(child, start_new_session=True)
print("ready", flush=True)
time.sleep(600)
"""
"""A silent program with a child, and one that has left its process group."""

POLITE = """
import signal, sys, time
def leave(*_):
    print("put in order", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(600)
"""


def lines(engine: Engine, task_id: str) -> list[str]:
    """What the program has written, as the history has it."""
    events = engine.events(task_id)
    return [e["message"] for e in events if e["data"].get("stream") == "stdout"]


def output_of(engine: Engine, code: str, workflow: str = "test-program") -> list[str]:
    task_id = engine.submit(workflow, code=code)
    engine.wait_for(task_id, "SUCCESS")
    return lines(engine, task_id)


def tree(engine: Engine, manners: str, workflow: str = "test-program") -> tuple[str, str]:
    """A task that runs `TREE`: its id, and the mark of the program's processes."""
    mark = uuid4().hex
    task_id = engine.submit(workflow, code=TREE, arguments=[mark, manners])
    engine.wait_for_message(task_id, "ready")
    assert len(processes_named(mark)) >= 3
    return task_id, mark


@pytest.mark.parametrize("workflow", ["test-program", "test-program-in-thread"])
def test_every_line_is_an_event_in_its_order(engine: Engine, workflow: str) -> None:
    code = "for n in range(2500): print('line', n)"
    assert output_of(engine, code, workflow) == [f"line {n}" for n in range(2500)]


def test_a_line_does_not_wait_for_the_program_to_end(engine: Engine) -> None:
    task_id = engine.submit("test-program", code=POLITE)
    engine.wait_for_message(task_id, "ready")
    assert engine.task(task_id)["state"] == "RUNNING"
    engine.cancel(task_id)
    engine.wait_for(task_id, "CANCELLED")
    assert lines(engine, task_id) == ["ready", "put in order"]


def test_secrets_in_its_output_are_masked(engine: Engine) -> None:
    assert output_of(engine, "print('password: hunter2-hunter2')") == ["password: ***"]


def test_an_exit_code_fails_the_task_with_the_last_of_its_standard_error(engine: Engine) -> None:
    code = "import sys; print('x' * 70_000 + '\\nthe reason', file=sys.stderr); sys.exit(3)"
    task = engine.wait_for(engine.submit("test-program", code=code), "FAILED")
    assert task["error_code"] == "program_failed"
    first, *_, last = task["error_message"].splitlines()
    assert "ended with exit code 3" in first
    assert last == "the reason"
    assert 65_000 < len(task["error_message"]) < 66_000


def test_a_program_that_was_killed_says_by_what(engine: Engine) -> None:
    code = "import os; os.kill(os.getpid(), 9)"
    task = engine.wait_for(engine.submit("test-program", code=code), "FAILED")
    assert "was killed by signal 9" in task["error_message"]


@pytest.mark.parametrize("command", ["no-such-program-anywhere", "./no-such-file"])
def test_a_program_that_is_not_there_is_named(engine: Engine, command: str) -> None:
    task = engine.wait_for(engine.submit("test-command", command=[command]), "FAILED")
    assert task["error_code"] == "program_missing"
    assert f"There is no program {command}" in task["error_message"]


@pytest.mark.parametrize(("manners", "seconds"), [("polite", 2.4), ("deaf", 6)])
@pytest.mark.parametrize("workflow", ["test-program", "test-program-in-thread"])
def test_a_silent_program_is_stopped_and_nothing_of_its_tree_remains(
    engine: Engine, manners: str, seconds: float, workflow: str
) -> None:
    task_id, mark = tree(engine, manners, workflow)
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < seconds
    assert not processes_named(mark)


def test_a_program_that_ends_takes_what_it_leaves_behind_along(engine: Engine) -> None:
    mark = uuid4().hex
    code = TREE.replace("time.sleep(600)\n", "\n")
    task_id = engine.submit("test-program", code=code, arguments=[mark, "deaf"])
    engine.wait_for(task_id, "SUCCESS")
    assert not processes_named(mark)


def test_so_is_one_whose_time_is_over(engine: Engine) -> None:
    task_id, mark = tree(engine, "polite", "test-program-limit")
    assert engine.wait_for(task_id, "FAILED")["error_code"] == "time_limit"
    assert not processes_named(mark)


def test_a_program_dies_with_its_worker_and_runs_again(engine: Engine, stack: Stack) -> None:
    task_id, mark = tree(engine, "deaf")
    first = processes_named(mark)
    worker = stack.pid("worker")
    for pid in stack.worker_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not set(first) & set(processes_named(mark)))
    stack.wait_for_restart("worker", of=worker)
    eventually(lambda: lines(engine, task_id) == ["ready", "ready"], seconds=60)
    engine.cancel(task_id)
    engine.wait_for(task_id, "CANCELLED")
    assert not processes_named(mark)


FLOOD = """
import os, sys
written = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
for n in range(10**9):
    print(n, "x" * 4000, flush=True)
    os.pwrite(written, b"%d" % n, 0)
"""


def test_a_program_that_floods_is_slowed_by_its_pipe(engine: Engine, tmp_path: Path) -> None:
    """It can be ahead of the history by what the pipe and a batch hold, and not by more."""
    written = tmp_path / "written"
    task_id = engine.submit("test-program", code=FLOOD, arguments=[str(written)])
    eventually(lambda: len(engine.events(task_id)) > 1000, seconds=60, every=0.5)
    ahead = int(written.read_text()) - len(engine.events(task_id))
    assert ahead < 1000
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < 4
    stored = [int(line.split()[0]) for line in lines(engine, task_id)]
    assert stored == list(range(len(stored)))
