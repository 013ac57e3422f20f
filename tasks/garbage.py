"""How often a worker's process looks for garbage that refers to itself.

Python does so after every 700 new objects, and after some of these looks goes through all that the
process has ever made. A page is some ten thousand small objects, hardly any of which refer to each
other: a tenth of a build's processor time went into looks that found nothing.
"""

from __future__ import annotations

import gc
from typing import Any

from celery.signals import worker_process_init

NEW_OBJECTS = 20_000
"""Between two looks at the new ones."""
LOOKS = 20
"""At new objects before one at older ones, and at those before one at all."""


@worker_process_init.connect
def look_seldom(**_: Any) -> None:
    """Look for garbage less often, and never among what was imported before the process began."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, LOOKS, LOOKS)
