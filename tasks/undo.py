"""The Celery task that undoes what a cancelled task has left outside, as its workflow says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction

from tasks import dispatch, lifecycle, log_lines, workflows
from tasks.errors import PermanentError, StepError, Superseded, UnknownWorkflow
from tasks.lifecycle import UndoClaim
from tasks.lifecycle.undoing import UNDO_SECONDS

logger = logging.getLogger(__name__)


class UndoContext:
    """One attempt at undoing, as the function of the workflow sees it.

    Attributes:
        task_id, params: of the task.
        step: the step that was in hand when the task was cancelled.
        attempt: the how-manieth attempt this is.
    """

    def __init__(self, claim: UndoClaim) -> None:
        self.task_id: UUID = claim.task_id
        self.params: dict[str, Any] = claim.params
        self.step: str = claim.step
        self.attempt: int = claim.attempt
        self._claim = claim

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write rows inside: they commit only while this attempt is the one.

        Raises:
            Superseded: it is not, and nothing was written.
        """
        with transaction.atomic():
            lifecycle.confirm_undo(self._claim)
            yield


@shared_task(name=dispatch.UNDO_TASK, ignore_result=True, time_limit=UNDO_SECONDS)
def undo(task_id: str) -> None:
    """Undo once. What fails is due again later, and the sweep sends its message."""
    with log_lines.about(task_id=task_id):
        try:
            claim = lifecycle.begin_undo(UUID(task_id))
            _undo(claim)
        except Superseded as reason:
            logger.info("Nothing to undo for %s: %s", task_id, reason)


def _undo(claim: UndoClaim) -> None:
    try:
        declared = workflows.get(claim.workflow).undo
        if declared:
            declared.function(UndoContext(claim))
    except (StepError, UnknownWorkflow) as error:
        logger.warning("%s is not cleaned up yet: %s", claim.task_id, error)
        is_permanent = isinstance(error, PermanentError | UnknownWorkflow)
        lifecycle.postpone_undo(claim, str(error), is_permanent=is_permanent)
    except Superseded:
        raise
    except Exception:
        logger.exception("The clean-up of %s failed", claim.task_id)
        lifecycle.postpone_undo(claim, "Its clean-up failed and will be tried again.")
    else:
        lifecycle.finish_undo(claim)
