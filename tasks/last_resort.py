"""The end of a process whose step does not come back, whatever it is told."""

from __future__ import annotations

import logging
import os
import signal
import threading

from django.db import connection

from tasks import lifecycle
from tasks.errors import StepCancelled, StepInterrupted
from tasks.lifecycle import Claim
from tasks.programs import process_tree

logger = logging.getLogger(__name__)

RECORD_SECONDS = 1.0


def end_this_process(claim: Claim, reason: StepInterrupted) -> None:
    """Record that the task is cancelled, and kill this process with all below it.

    The pool replaces the process, and whoever gets the step's message finds nothing to do. Where
    the record cannot be written, because the step itself holds the lock of the task's row, the
    process dies all the same: its lease dies with it, and the sweep ends the task.
    """
    logger.error("%s of %s does not stop: its process is ended", claim.step, claim.task_id)
    if isinstance(reason, StepCancelled):
        recorder = threading.Thread(target=_record, args=[claim], daemon=True)
        recorder.start()
        recorder.join(RECORD_SECONDS)
    process_tree.kill(process_tree.descendants(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)


def _record(claim: Claim) -> None:
    try:
        lifecycle.cancelled(claim)
    except Exception as error:
        logger.warning("%s is not recorded as cancelled yet: %r", claim.task_id, error)
    finally:
        connection.close()
