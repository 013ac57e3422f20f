"""One attempt of a delivery, as it is handed from the outbox to the sender and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that is to be made: the `number`-th of its delivery."""

    delivery_id: UUID
    number: int
    url: str
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: the status if there was an answer, and why it was no success.

    `retry_after` is how many seconds the receiver wants to be left alone, 0 if it has not said so.
    """

    at: datetime
    status: int | None
    error: str
    duration_ms: int
    retry_after: float = 0.0

    @property
    def is_success(self) -> bool:
        return not self.error
