"""Beat stands in for the workers while all of them are busy.

The sweep and the courier are messages to workers, and each step in hand occupies a worker process.
Where every one is in the middle of a long step, nobody would notice that a machine has died, and no
webhook would be sent, until one of them is done. So beat, which only waits, looks after both then.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

from celery.signals import beat_init
from django.db import connection
from django.utils import timezone

from tasks import pulse, rescue
from tasks.webhooks import courier

logger = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks."""

PATIENCE = timedelta(seconds=10)
"""The workers' sweep is due every five seconds; this late, it is not going to come."""


@beat_init.connect
def begin(**_: Any) -> None:
    """Look after the workers for as long as beat runs."""
    threading.Thread(target=_look_for_ever, name="standby", daemon=True).start()


def _look_for_ever() -> None:
    waiting = threading.Event()
    while not waiting.wait(EVERY):
        try:
            stand_in()
        except Exception as error:
            # The next look may find the database and the broker again.
            logger.warning("Beat could not stand in for the workers: %r", error)
        finally:
            connection.close()


def stand_in() -> bool:
    """Sweep and deliver here if the workers have not swept lately: whether that was so.

    It leaves no pulse, which shows that a worker consumes.
    """
    swept_at = pulse.last().get(pulse.SWEEP)
    if swept_at and timezone.now() - swept_at < PATIENCE:
        return False
    # Webhooks do not need the broker, which may be the reason why nobody sweeps.
    try:
        rescue.move_what_is_stuck()
    finally:
        courier.deliver_batch()
    return True
