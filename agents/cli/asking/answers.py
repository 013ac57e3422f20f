"""What an answer is, whoever has given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one of those who were asked; without citations, nothing was known.

    Attributes:
        by: who gave it.
    """

    by: str
    text: str
    citations: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def is_known(self) -> bool:
        return bool(self.citations)


class Asked(Protocol):
    """Who can be asked, from any thread."""

    name: str

    def ask(self, question: str) -> Answer:
        """Answer the question.

        Raises:
            Failure: it cannot be asked now.
        """
        ...
