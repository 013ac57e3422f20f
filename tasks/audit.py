"""The audit trail: who cancelled, retried, edited or deleted what, and when."""

from __future__ import annotations

from typing import Any

from tasks import log_lines, origin
from tasks.acts import Act
from tasks.masking import mask, masked
from tasks.models import AuditEntry, TaskState
from tasks.models.audit import LABEL_LENGTH, AuditQuerySet


def record(by: Any, act: Act, row: Any, **details: Any) -> None:
    """Note that somebody has done that to a row; call it in the transaction in which it is done.

    Args:
        by: the user, or the name of the program.
        details: what else there is to say of it, in JSON's types.
    """
    is_user = not isinstance(by, str)
    task_id = row.pk if isinstance(row, TaskState) else getattr(row, "task_id", None)
    AuditEntry.objects.create(
        actor=by.get_username() if is_user else by,
        actor_id=by.pk if is_user else None,
        action=act,
        object_model=row._meta.concrete_model._meta.label_lower,
        object_id=str(row.pk),
        object_label=mask(getattr(row, "subject", "") or str(row))[:LABEL_LENGTH],
        task_id=task_id,
        details=masked(details),
        source=origin.source(),
        request_id=log_lines.current("request_id"),
    )


def recent(count: int) -> list[AuditEntry]:
    """What was done last, to anything."""
    return list(AuditEntry.objects.all()[:count])


def of(row: Any) -> AuditQuerySet:
    """What was done to a row, the last first; to a task, with what belongs to it."""
    if isinstance(row, TaskState):
        return AuditEntry.objects.filter(task_id=row.pk)
    model = row._meta.concrete_model._meta.label_lower
    return AuditEntry.objects.filter(object_model=model, object_id=str(row.pk))
