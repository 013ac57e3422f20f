"""Who may do what: owners all with what is theirs, and staff with the rest what Django's
permissions allow them. Who may see it is another question, and comes first: see `visible_to`.

The verbs ask here, so that every way in is held to the same.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from tasks.acts import Act
from tasks.errors import NotAllowed

Rows = TypeVar("Rows", bound=QuerySet[Any])


def refusal(by: Any, act: Act, row: Any) -> str:
    """Why somebody may not do that to a row, in a sentence; empty if they may.

    Args:
        by: a user, or the name of a program of ours, which may do everything.
        row: what tells its `owner_id`.
    """
    if isinstance(by, str) or (by.is_active and row.owner_id == by.pk):
        return ""
    if may_always(by, act, type(row)):
        return ""
    meta = row._meta.concrete_model._meta
    return (
        f"You may not {act} this {meta.verbose_name}: it is not yours, and you do not have the "
        f"permission {permission(act, type(row))}. Ask an administrator for it."
    )


def may(by: Any, act: Act, row: Any) -> bool:
    """Whether somebody may do that to a row."""
    return not refusal(by, act, row)


def require(by: Any, act: Act, row: Any) -> None:
    """
    Raises:
        NotAllowed: they may not, and the sentence says why.
    """
    if sentence := refusal(by, act, row):
        raise NotAllowed(sentence)


def may_always(by: Any, act: Act, model: type[Model]) -> bool:
    """Whether somebody may do that to all rows of a model, whoever owns them."""
    return isinstance(by, str) or (by.is_staff and by.has_perm(permission(act, model)))


def those(by: Any, act: Act, rows: Rows) -> Rows:
    """Those of the rows to which somebody may do that. They have an `owner`."""
    return rows if may_always(by, act, rows.model) else rows.filter(owner=by)


def permission(act: Act, model: type[Model]) -> str:
    """The name of the permission, as Django writes it."""
    meta = model._meta.concrete_model._meta  # type: ignore[union-attr]
    return f"{meta.app_label}.{act}_{meta.model_name}"
