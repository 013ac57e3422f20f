"""How a step is cut into batches, which any worker of any machine may execute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class FanOut:
    """What to do before and instead of a step's function: plan the work, and do it in batches.

    Args:
        plan: called once with the step's context; returns the items of the work, each a small
            JSON value such as the id of a row, in the order in which they are begun.
        work: called with a batch's context and its list of items. Like a step it may be executed
            again after a crash, so it leaves out what it finds done.
        batch_size: items of one batch at most: what a crash makes another worker do again.
        least_batches: into so many batches little work is cut, so that every process has a share
            and the percentage moves; a batch costs about as much as a step.
        details: the line that a person reads; `{done}` and `{total}` are counted in items.

    Raises:
        ImproperlyConfigured: the size or the line cannot be used. Checked at import.
    """

    plan: Callable[..., Any]
    work: Callable[..., Any]
    batch_size: int = 20
    least_batches: int = 1
    details: str = "{done} of {total} done"

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ImproperlyConfigured(
                f"batch_size is {self.batch_size}; a batch holds 1 item at least."
            )
        try:
            self.line(0, 0)
        except (KeyError, IndexError, ValueError) as error:
            raise ImproperlyConfigured(
                f"The details {self.details!r} name something other than {{done}} and {{total}}."
            ) from error

    def line(self, done: int, total: int) -> str:
        """What a person reads when `done` of `total` items are done."""
        return self.details.format(done=done, total=total)

    def cut(self, items: Sequence[Any]) -> list[Sequence[Any]]:
        """The items in batches."""
        size = max(1, min(self.batch_size, len(items) // self.least_batches))
        return [items[start : start + size] for start in range(0, len(items), size)]
