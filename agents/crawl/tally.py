"""What was left out, in groups: how many URLs for each reason, and some of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.crawl.results import Refusal

SAMPLES = 5


@dataclass(slots=True)
class Group:
    """The URLs that share a reason.

    Args:
        count: how many there are.
        samples: the first few of them.
    """

    code: str
    reason: str
    count: int = 0
    samples: list[str] = field(default_factory=list)


class Tally:
    """Counts refusals by their code."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}

    def add(self, refusal: Refusal, url: str) -> None:
        """Count one more URL."""
        self.add_group(Group(refusal.code, refusal.reason, 1, [url]))

    def add_group(self, more: Group) -> None:
        """Count the URLs of a group that was counted elsewhere."""
        group = self._groups.setdefault(more.code, Group(more.code, more.reason))
        group.count += more.count
        group.samples += more.samples[: SAMPLES - len(group.samples)]

    def groups(self) -> list[Group]:
        """The largest first."""
        return sorted(self._groups.values(), key=lambda group: -group.count)
