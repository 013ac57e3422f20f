"""Where Celery keeps the result and the traceback of a step: in the database, and masked."""

from __future__ import annotations

from typing import Any

from django_celery_results.backends import DatabaseBackend

from tasks.masking import mask, masked


class MaskedResults(DatabaseBackend):
    """Celery's results. An exception quotes what it met, and that may be a password."""

    def _store_result(
        self, task_id: str, result: Any, status: str, traceback: str | None = None, **more: Any
    ) -> Any:
        readable = mask(traceback) if traceback else traceback
        return super()._store_result(task_id, masked(result), status, readable, **more)
