"""Keeps several programs running: starts them in order, and stops them in the reverse order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from agentforge.embedded.keeper import Keeper, Program, Surroundings


class StartError(Exception):
    """A program did not come up. The message says which, and where to look."""


class Supervisor:
    """Runs programs until it is stopped.

    It has to live in the main thread's event loop: a leashed program dies with the thread that
    started it.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._keepers: list[Keeper] = []

    async def start(self, program: Program) -> None:
        """Start `program`, and keep it running from now on."""
        keeper = Keeper(program, self._surroundings)
        await keeper.start()
        self._keepers.append(keeper)

    async def wait_until(self, answers: Callable[[], bool], name: str, seconds: float) -> None:
        """Wait until `answers` says that the program `name` is ready.

        Raises:
            StartError: it takes longer than `seconds`, or a program has died meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(answers):
            if time.monotonic() > deadline:
                raise StartError(
                    f"{name} did not answer within {seconds:.0f} seconds. Its output may say why."
                )
            self._refuse_deaths()
            await asyncio.sleep(0.05)
        self._refuse_deaths()

    async def stop(self) -> None:
        """Stop everything, the last started first; each ends before the next is asked."""
        while self._keepers:
            await self._keepers[-1].stop()
            self._keepers.pop()

    def kill(self) -> None:
        """End everything at once, finished or not."""
        for keeper in self._keepers:
            keeper.kill()

    def _refuse_deaths(self) -> None:
        for keeper in self._keepers:
            if keeper.deaths:
                raise StartError(
                    f"{keeper.program.name} stopped while it was starting. Its output says why."
                )
