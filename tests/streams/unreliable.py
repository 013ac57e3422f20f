"""Channel layers that treat their messages as a real one may: late, twice, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer

Message = dict[str, Any]


class Lossy(InMemoryChannelLayer):
    """Loses every message."""

    async def group_send(self, group: str, message: Message) -> None:
        pass


class Forgetful(InMemoryChannelLayer):
    """Loses every second message."""

    sent = 0

    async def group_send(self, group: str, message: Message) -> None:
        self.sent += 1
        if self.sent % 2:
            await super().group_send(group, message)


class Repeating(InMemoryChannelLayer):
    """Delivers each message twice, and the one before it once more."""

    last: Message | None = None

    async def group_send(self, group: str, message: Message) -> None:
        for delivered in filter(None, (message, self.last, message)):
            await super().group_send(group, delivered)
        self.last = message


class Swapping(InMemoryChannelLayer):
    """Holds each second message back until the one after it is through."""

    held: Message | None = None

    async def group_send(self, group: str, message: Message) -> None:
        if self.held is None:
            self.held = message
            return
        await super().group_send(group, message)
        await super().group_send(group, self.held)
        self.held = None


class Broken(InMemoryChannelLayer):
    """Cannot even be subscribed to."""

    async def group_add(self, group: str, channel: str) -> None:
        raise ConnectionError("nobody is there")


class Late(InMemoryChannelLayer):
    """Takes each subscription only when it is let."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.is_open = asyncio.Event()

    async def group_add(self, group: str, channel: str) -> None:
        await self.is_open.wait()
        await super().group_add(group, channel)


class Doubtful(InMemoryChannelLayer):
    """Does what it is asked to, and then fails, until it is well."""

    is_well = False

    async def group_add(self, group: str, channel: str) -> None:
        await super().group_add(group, channel)
        if not self.is_well:
            raise ConnectionError("the answer was lost")
