"""The programs that AgentForge consists of on one machine, and their life together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from agentforge.embedded.keeper import Program, Surroundings
from agentforge.embedded.supervisor import Supervisor
from agentforge.embedded.valkey import EmbeddedValkey

QUEUES = "maintenance,high,normal,low"
"""In the order in which workers take from them."""
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What the operator may choose.

    `data_dir` takes the embedded Valkey's files; `own_valkey` says whether to start one;
    `concurrency` is the number of steps that run at once; `shutdown_seconds` is the time that
    running steps get to finish in.
    """

    data_dir: Path
    host: str
    port: int
    concurrency: int
    own_valkey: bool
    shutdown_seconds: float

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the web server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"


async def run_stack(
    options: StackOptions, surroundings: Surroundings, on_ready: Callable[[], None]
) -> None:
    """Run every program until SIGINT, SIGTERM or SIGHUP; then let them finish, the web first.

    A second signal ends everything at once.

    Raises:
        StartError: a program did not come up; everything is stopped again.
    """
    supervisor = Supervisor(surroundings)
    with_signals_ending(supervisor)
    try:
        async with valkey_if_wanted(options, supervisor):
            try:
                await start_programs(options, supervisor)
                on_ready()
                await asyncio.Event().wait()
            finally:
                await supervisor.stop()
    except asyncio.CancelledError:
        surroundings.say("agentforge", "stopped")


def with_signals_ending(supervisor: Supervisor) -> None:
    """Make the first signal cancel the current task, and every later one kill the programs."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("Signals can only end a task: call this from a coroutine.")

    def end() -> None:
        if task.cancelling():
            supervisor.kill()
        else:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)


@asynccontextmanager
async def valkey_if_wanted(options: StackOptions, supervisor: Supervisor) -> AsyncIterator[None]:
    """Start the embedded Valkey unless the settings name another server."""
    if not options.own_valkey:
        yield
        return
    valkey = EmbeddedValkey(options.data_dir)
    try:
        await supervisor.start(valkey.program())
        await supervisor.wait_until(valkey.answers, "valkey", START_SECONDS)
        yield
    finally:
        valkey.forget()


async def start_programs(options: StackOptions, supervisor: Supervisor) -> None:
    """Start worker, beat and web server, and wait until the web answers and the worker works."""
    await supervisor.start(worker(options.concurrency, options.shutdown_seconds))
    await supervisor.start(beat())
    await supervisor.start(web(options.host, options.port))
    await supervisor.wait_until(lambda: answers(f"{options.url}healthz"), "web", START_SECONDS)
    await supervisor.wait_until(lambda: answers(f"{options.url}readyz"), "worker", START_SECONDS)


def answers(url: str) -> bool:
    """Whether the web server says no 5xx. Refusing our host name is an answer, too."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


def worker(concurrency: int, shutdown_seconds: float) -> Program:
    """The Celery worker.

    SIGQUIT is its soft shutdown: it takes no new step, gives the running ones
    `shutdown_seconds`, and hands back the rest. SIGTERM would wait for them without a limit.
    """
    command = python_module("celery", "-q", "-A", "agentforge", "worker", "-Q", QUEUES)
    # RabbitMQ gives a worker's name to one worker only, and another stack may run on this machine.
    name = f"agentforge-{os.getpid()}@%h"
    size = ("--hostname", name, "--concurrency", str(concurrency))
    options = (*size, "--without-mingle", "--without-gossip")
    return Program("worker", (*command, *options), signal.SIGQUIT, shutdown_seconds + 10)


def beat() -> Program:
    """Celery's clock, which sets off the engine's sweep."""
    return Program("beat", python_module("celery", "-q", "-A", "agentforge", "beat", "--pidfile="))


def web(host: str, port: int) -> Program:
    """The ASGI server. Watchers hold their connections for ever, so it waits five seconds only."""
    application = python_module("uvicorn", "agentforge.asgi:application", "--lifespan", "off")
    address = ("--host", host, "--port", str(port), "--timeout-graceful-shutdown", "5")
    # Compressing an event costs more time than sending its two hundred bytes.
    watchers = (
        "--http",
        "agentforge.connections:HttpProtocol",
        "--ws-per-message-deflate",
        "false",
    )
    logs = ("--log-level", "warning", "--no-access-log")
    return Program("web", (*application, *address, *watchers, *logs))


def python_module(*arguments: str) -> tuple[str, ...]:
    """The command line that runs a module with this process's Python."""
    return (sys.executable, "-m", *arguments)
