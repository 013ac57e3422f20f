"""What is done to the stack, and which tasks each blow interrupts."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import redis
from kombu import Connection, Queue

from agentforge.embedded.stack import QUEUES, answers
from agentforge.environment import embedded_redis_url
from tests import own_broker
from tests.chaos.database import Database, Row
from tests.stack import Stack


class Fault(StrEnum):
    """The kinds of fault, as the table of figures names them."""

    POOL = "pool process killed"
    WORKER = "whole worker killed"
    BEAT = "beat killed"
    WEB = "web killed"
    VALKEY = "Valkey killed"
    VALKEY_EMPTIED = "Valkey killed, its data lost"
    MESSAGES = "all messages lost"
    PAUSE = "pool process paused beyond its lease"


KILLED_PROGRAM = {
    Fault.WORKER: "worker",
    Fault.BEAT: "beat",
    Fault.WEB: "web",
    Fault.VALKEY: "valkey",
    Fault.VALKEY_EMPTIED: "valkey",
}

UNFINISHED = (
    "SELECT id, workflow, state, current_step, lease_holder FROM tasks_taskstate "
    "WHERE finished_at IS NULL"
)

BEAT_TICKED = "SELECT at FROM tasks_pulse WHERE name = 'beat'"


@dataclass
class Blow:
    """One fault: when it struck, and the tasks that it interrupted."""

    fault: Fault
    at: datetime
    victims: list[str] = field(default_factory=list)


class Missed(Exception):
    """There is nothing to strike at: what should be killed is just being started, or idle."""


class Striker:
    """Strikes at the processes and the messages of one stack."""

    def __init__(self, stack: Stack, database: Database, dice: random.Random) -> None:
        self._stack, self._database, self._dice = stack, database, dice

    def strike(self, fault: Fault) -> Blow:
        """Strike once.

        Raises:
            Missed: the process is not there at this moment.
        """
        with _missing_the_gone():
            return self._strike(fault)

    def pause(self) -> tuple[Blow, int]:
        """Stop a process of the pool: the blow, and the descriptor by which `resume` finds it.

        Raises:
            Missed: no process is there at this moment.
        """
        with _missing_the_gone():
            pid, unfinished = self._busy_process()
            descriptor = os.pidfd_open(pid)
            blow = Blow(Fault.PAUSE, datetime.now(UTC), _held_by({pid}, unfinished))
            signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
        return blow, descriptor

    def _strike(self, fault: Fault) -> Blow:
        if fault is Fault.POOL:
            pid, unfinished = self._busy_process()
            blow = Blow(fault, datetime.now(UTC), _held_by({pid}, unfinished))
            os.kill(pid, signal.SIGKILL)
            return blow
        unfinished = self._database.rows(UNFINISHED)
        victims = _unheld(unfinished)
        if fault is Fault.MESSAGES:
            blow = Blow(fault, datetime.now(UTC), victims)
            self._lose_messages()
            return blow
        if fault is Fault.WORKER:
            self._busy_process()
            victims += _held_by(set(self._stack.worker_pids()), unfinished)
        elif not self._is_up(KILLED_PROGRAM[fault]):
            raise Missed
        blow = Blow(fault, datetime.now(UTC), victims)
        self._stack.kill(KILLED_PROGRAM[fault])
        if fault is Fault.VALKEY_EMPTIED:
            # The supervisor waits for half a second before it starts the next one.
            shutil.rmtree(self._stack.data_dir / "valkey" / "appendonlydir")
        return blow

    def _busy_process(self) -> tuple[int, list[Row]]:
        """A process of the pool that executes a step, and the unfinished tasks."""
        unfinished = self._database.rows(UNFINISHED)
        pool = self._stack.worker_pids()[1:]
        return self._dice.choice([p for p in pool if _held_by({p}, unfinished)]), unfinished

    def _is_up(self, program: str) -> bool:
        """Whether the program has come so far that its death makes a difference."""
        match program:
            case "web":
                return answers(f"{self._stack.base_url}/healthz")
            case "beat":
                started = self._stack.started_at("beat")
                return bool(self._database.rows(BEAT_TICKED)[0]["at"].timestamp() > started)
            case _:
                with redis.Redis.from_url(embedded_redis_url(self._stack.data_dir)) as server:
                    return bool(server.ping())

    def _lose_messages(self) -> None:
        environment = self._stack.environment
        redis_url = environment.get("REDIS_URL") or embedded_redis_url(self._stack.data_dir)
        if broker_url := environment.get("CELERY_BROKER_URL"):
            with Connection(broker_url) as connection:
                for name in QUEUES.split(","):
                    Queue(name, channel=connection.default_channel).purge()
        with redis.Redis.from_url(redis_url) as client:
            own_broker.empty(client)


@contextmanager
def _missing_the_gone() -> Iterator[None]:
    try:
        yield
    except (ProcessLookupError, FileNotFoundError, IndexError, redis.RedisError) as error:
        raise Missed from error


def resume(descriptor: int) -> None:
    """Let a paused process go on, unless something has killed it meanwhile."""
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGCONT)
    except ProcessLookupError:
        return
    finally:
        os.close(descriptor)


def _held_by(pids: set[int], unfinished: list[Row]) -> list[str]:
    return [row["id"] for row in unfinished if _holder_pid(row) in pids]


def _unheld(unfinished: list[Row]) -> list[str]:
    """Those that wait for a message: who holds a lease goes on without the broker."""
    return [row["id"] for row in unfinished if not row["lease_holder"]]


def _holder_pid(row: Row) -> int | None:
    holder: str = row["lease_holder"]
    return int(holder.split("/")[-2]) if holder else None
