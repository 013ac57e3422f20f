"""Channel layers that treat their messages as a real one may: late, twice, or not at all."""

from __future__ import annotations

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
