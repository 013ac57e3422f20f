"""Workers and beat log as the settings say, not as Celery's command line does by default."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings

from agentforge.celery import app

SHOW = "import logging; print(*(logging.getLogger(name).getEffectiveLevel() for name in {!r}))"


def test_celery_leaves_the_level_alone() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    app.log.setup_logging_subsystem(loglevel="CRITICAL")
    assert (root.level, root.handlers) == before


@pytest.mark.parametrize(
    ("level", "ours", "celerys"),
    [
        ("DEBUG", logging.DEBUG, logging.DEBUG),
        ("INFO", logging.INFO, logging.WARNING),
        ("ERROR", logging.ERROR, logging.ERROR),
    ],
)
def test_one_variable_says_how_much_is_logged(level: str, ours: int, celerys: int) -> None:
    """At INFO, what Celery says of each message is left out."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", SHOW.format(["tasks", "celery.beat"])],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "agentforge.settings",
            "AGENTFORGE_DATA_DIR": str(settings.DATA_DIR),
            "LOG_LEVEL": level,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(ours), str(celerys)]
