"""Counts that stay cheap: none reads more rows than its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

if TYPE_CHECKING:
    Paginator = paginator.Paginator[Any]
else:
    Paginator = paginator.Paginator


def up_to(limit: int, rows: QuerySet[Any]) -> int:
    """How many rows there are, or `limit` + 1 if there are more than `limit`."""
    return rows.order_by()[: limit + 1].count()


class CappedPaginator(Paginator):
    """Numbered pages of the first 10,000 rows; whoever looks for older ones filters.

    To know its last page, Django's paginator counts every row, and page 5,000 reads all rows
    before it.
    """

    limit = 10_000
    is_search_cut = False
    """Whether its rows are the newest of what a search would find if it went on."""

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return up_to(self.limit, rows)

    @cached_property
    def count(self) -> int:
        return min(self._found, self.limit)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than it has pages for."""
        return self._found > self.limit
