"""Where Celery keeps the result and the traceback of a step: in the database, and masked."""

from __future__ import annotations

from typing import Any, cast

from celery import Task, states
from celery.app.task import Context
from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskResult

from tasks.masking import mask, masked
from tasks.statements import Statement, insert

_STORED = "is_stored_with_its_step"
"""The attribute of a request whose result needs no storing any more."""


class MaskedResults(DatabaseBackend):
    """Celery's results. An exception quotes what it met, and that may be a password."""

    def as_statement(self, request: Context, result: Any) -> Statement:
        """What stores that the task has succeeded."""
        content_type, content_encoding, encoded = self.encode_content(masked(result))
        _, _, meta = self.encode_content({"children": []})
        row = TaskResult(
            task_id=request.id,
            status=states.SUCCESS,
            content_type=content_type,
            content_encoding=content_encoding,
            result=encoded,
            meta=meta,
            **self._get_extended_properties(request, None),
        )
        return insert([row], unique="task_id")

    def _store_result(
        self,
        task_id: str,
        result: Any,
        status: str,
        traceback: str | None = None,
        request: Any = None,
        **more: Any,
    ) -> Any:
        if status == states.SUCCESS and getattr(request, _STORED, False):
            return result
        readable = mask(traceback) if traceback else traceback
        return super()._store_result(
            task_id, masked(result), status, readable, request=request, **more
        )


def stored_with_step(celery_task: Task[Any, Any], output: Any) -> Statement:
    """What stores a step's Celery result, for the transaction in which the step succeeds.

    Each commit waits for the disk, so Celery's own storing afterwards would cost nearly as much
    again. It is left out then.
    """
    backend = cast(MaskedResults, celery_task.backend)
    setattr(celery_task.request, _STORED, True)
    return backend.as_statement(celery_task.request, output)
