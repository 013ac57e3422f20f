"""Tasks of projects, end to end: a real program in a real worker, watched, stopped and killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.engine.driver import Engine, seconds_between
from tests.engine.program import ROWS
from tests.engine.test_interrupts import processes_named
from tests.engine.test_programs import lines
from tests.engine.waiting import eventually
from tests.stack import Stack
from tests.streams.watching import Event, Server, is_gapless, received

pytestmark = pytest.mark.services

PROGRAM = Path(__file__).with_name("program.py")
SECRET = "s3cr3t-of-the-project"
MAKE = """
from tasks.projects.models import Project, Variable
project = Project(name={name!r}, command={command!r}, working_directory={directory!r})
project.db_conn = "sqlite:////tmp/shop.sqlite3"
project.save()
for name, value, is_secret in [("API_KEY", {secret!r}, True), ("REGION", "eu-1", False)]:
    variable = Variable(project=project, name=name, is_secret=is_secret)
    variable.value = value
    variable.save()
"""


@dataclass(frozen=True)
class Shop:
    """A project on the running stack."""

    name: str
    directory: Path
    engine: Engine
    server: Server

    def start(self, mode: str, **more: Any) -> str:
        """Start the program in a mode; the task's id."""
        return self.engine.submit_to(self.name, "agent", "run", input=mode, **more)

    def start_tree(self, manners: str) -> tuple[str, str]:
        """Start a silent program with children: the task's id, and the mark of its processes."""
        mark = uuid4().hex
        (self.directory / "mark").write_text(mark)
        task_id = self.start(f"tree {manners}")
        self.engine.wait_for_message(task_id, "ready")
        eventually(lambda: len(processes_named(mark)) >= 3)
        return task_id, mark

    def temporary_directories(self) -> list[Path]:
        """Those that the programs have had."""
        return [Path(line) for line in (self.directory / "notes").read_text().splitlines()]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def project_name(stack: Stack, directory: Path) -> str:
    name = f"shop-{uuid4().hex[:8]}"
    make = MAKE.format(
        name=name,
        command=[sys.executable, str(PROGRAM)],
        directory=str(directory),
        secret=SECRET,
    )
    stack.manage("shell", "--verbosity=0", f"--command={make}")
    return name


@pytest.fixture(scope="module")
def server(stack: Stack, client: httpx.Client) -> Server:
    return Server(stack.base_url, stack.token(), client)


@pytest.fixture
def shop(engine: Engine, server: Server, project_name: str, directory: Path) -> Iterator[Shop]:
    (directory / "notes").unlink(missing_ok=True)
    shop = Shop(project_name, directory, engine, server)
    yield shop
    if (directory / "notes").exists():
        engine.cancel_what_is_left()
        eventually(lambda: not any(path.exists() for path in shop.temporary_directories()))


async def watched(server: Server, task_id: str) -> list[Event]:
    async with server.socket(task_id) as socket:
        return await received(socket)


def test_a_program_is_watched_from_its_first_line_to_its_result(shop: Shop) -> None:
    task_id = shop.start("work", parallel_workers=3)

    async def two_watchers() -> list[list[Event]]:
        return await asyncio.gather(*(watched(shop.server, task_id) for _ in range(2)))

    first, second = asyncio.run(two_watchers())
    late = asyncio.run(watched(shop.server, task_id))
    assert is_gapless(first)
    assert first == second == late == shop.engine.events(task_id)

    rows = [f"Processing row {row}/{ROWS}" for row in range(1, ROWS + 1)]
    printed = lines(shop.engine, task_id)
    assert printed[:ROWS] == rows
    assert printed[ROWS] == "The key is ***."
    percents = [event["percent"] for event in first]
    assert percents == sorted(percents)
    told = [event for event in first if event["type"] == "progress"]
    assert {(event["data"]["done"], event["data"]["total"]) for event in told} >= {(ROWS, ROWS)}
    assert told[0]["percent"] >= 10
    assert told[-1]["percent"] == 99.99

    task = shop.engine.task(task_id)
    assert (task["state"], task["subject"]) == ("SUCCESS", f"agent run in {shop.name}")
    assert task["result"] == {
        "rows": ROWS,
        "key": "***",
        "input": ["work", "--parallel-workers", "3"],
    }
    assert SECRET not in json.dumps([first, task])


def test_the_environment_is_the_projects_and_not_the_workers(shop: Shop) -> None:
    task_id = shop.start("environment")
    result = shop.engine.wait_for(task_id, "SUCCESS")["result"]
    assert result["cwd"] == str(shop.directory)
    given = result["env"]
    temporary = given["TMPDIR"]
    assert Path(temporary).name.startswith(task_id)
    ours = {name: value for name, value in given.items() if name.startswith("AGENTFORGE_")}
    assert ours == {
        "AGENTFORGE_PROJECT": shop.name,
        "AGENTFORGE_DB_CONN": "sqlite:////tmp/shop.sqlite3",
        "AGENTFORGE_PATHS": "{}",
        "AGENTFORGE_TASK_ID": task_id,
        "AGENTFORGE_ASSUME_YES": "1",
    }
    assert (given["API_KEY"], given["REGION"]) == ("***", "eu-1")
    assert {name for name in given if not name.startswith(("AGENTFORGE_", "LC_", "LANG"))} == {
        *("API_KEY", "REGION", "PATH", "HOME", "TMPDIR", "TMP", "TEMP", "TZ"),
        *("PYTHONUNBUFFERED", "PYTHONUTF8"),
    } & given.keys()


def test_another_type_runs_another_command(shop: Shop) -> None:
    task_id = shop.engine.submit_to(shop.name, "seed-db", reset=True)
    assert shop.engine.wait_for(task_id, "SUCCESS")["result"] == {"lines": 1}
    assert lines(shop.engine, task_id) == ["Reset."]
    (command,) = [e["message"] for e in shop.engine.events(task_id) if "Command:" in e["message"]]
    assert command.endswith("program.py seed-db --reset")


def test_odd_output_does_not_break_the_history(shop: Shop) -> None:
    task_id = shop.start("odd")
    task = shop.engine.wait_for(task_id, "SUCCESS")
    broken, long, crlf, empty, *bar, last = lines(shop.engine, task_id)
    assert (broken, crlf, empty, last) == ("broken �� text", "crlf", "", "no end")
    assert long.endswith("(cut)")
    assert len(long) < 9_000
    assert bar[-1] == "100%"
    assert task["result"] == {"lines": len(lines(shop.engine, task_id))}


def test_a_failure_holds_the_last_of_standard_error_without_secrets(shop: Shop) -> None:
    task = shop.engine.wait_for(shop.start("fail"), "FAILED")
    assert task["error_code"] == "program_failed"
    assert task["error_message"].endswith("It cannot work with ***.")
    assert 65_000 < len(task["error_message"]) < 66_000


def test_a_silent_program_ends_well(shop: Shop) -> None:
    task_id = shop.start("silent 1.5")
    assert shop.engine.wait_for(task_id, "SUCCESS")["result"] == {"lines": 0}


@pytest.mark.parametrize(("manners", "seconds"), [("polite", 2.4), ("deaf", 6)])
def test_stop_ends_the_whole_tree_at_once(shop: Shop, manners: str, seconds: float) -> None:
    task_id, mark = shop.start_tree(manners)

    async def stop() -> list[Event]:
        async with shop.server.socket(task_id) as socket:
            await socket.send("STOP")
            return await received(socket)

    events = asyncio.run(stop())
    assert not processes_named(mark)
    assert events[-1]["state"] == "CANCELLED"
    said = [event["message"] for event in events if event["type"] == "log"]
    assert said[-1] == "STOPPED"
    (asked,) = [event for event in events if "asked for this task" in event["message"]]
    assert seconds_between(asked, events[-1]) < seconds
    assert not any(path.exists() for path in shop.temporary_directories())


def test_a_flood_is_stopped_as_soon(shop: Shop) -> None:
    task_id = shop.start("flood")
    eventually(lambda: shop.engine.task(task_id)["last_seq"] > 2000, seconds=60)
    shop.engine.cancel(task_id)
    assert shop.engine.seconds_from_cancel_to_end(task_id) < 4
    printed = lines(shop.engine, task_id)
    *numbers, stopped = [e for e in shop.engine.events(task_id) if e["type"] == "log"]
    assert stopped["message"] == "STOPPED"
    assert printed == [f"line {number}" for number in range(len(printed))]
    assert numbers


def test_a_program_dies_with_its_worker_and_the_task_is_delivered_again(
    shop: Shop, stack: Stack
) -> None:
    task_id, mark = shop.start_tree("deaf")
    first = processes_named(mark)
    worker = stack.pid("worker")
    for pid in stack.worker_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not set(first) & set(processes_named(mark)))
    (temporary,) = shop.temporary_directories()
    eventually(lambda: not temporary.exists())
    stack.wait_for_restart("worker", of=worker)
    eventually(lambda: lines(shop.engine, task_id) == ["ready", "ready"], seconds=60)
    assert len(shop.temporary_directories()) == 2
    shop.engine.cancel(task_id)
    shop.engine.wait_for(task_id, "CANCELLED")
    assert not processes_named(mark)
