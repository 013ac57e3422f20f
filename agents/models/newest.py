"""How far a search goes where no index knows the texts."""

from __future__ import annotations

from typing import Any

SEARCHED_NEWEST = 5_000
"""Rows that are read for one search, at the most."""


def among_newest(rows: Any, moment: str) -> Any:
    """Those of `rows` that are among the newest `SEARCHED_NEWEST` of their table.

    Args:
        moment: the field that tells how new one is, which has an index.
    """
    # A bound, and not the list of them: so rows are read in their order until enough are found.
    newest = rows.model._default_manager.order_by(f"-{moment}").values_list(moment, flat=True)
    last = newest[SEARCHED_NEWEST - 1 : SEARCHED_NEWEST].first()
    return rows.filter(**{f"{moment}__gte": last}) if last else rows
