"""What an owner should know of a file that was read only in part."""

from __future__ import annotations

from agents.knowledge.files.limits import Limits
from agents.knowledge.files.tables import Budget


def shortened(budget: Budget, limits: Limits) -> str:
    """A sentence if the file holds more text than may be read, else nothing."""
    if not budget.is_spent:
        return ""
    return f"Only its first {limits.characters:,} characters were read. Divide it to have all read."
