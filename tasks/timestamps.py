"""Moments as the API writes them."""

from __future__ import annotations

from datetime import datetime


def timestamp(moment: datetime) -> str:
    """An ISO 8601 text; UTC is `Z`, as DRF writes it."""
    return moment.isoformat().replace("+00:00", "Z")
