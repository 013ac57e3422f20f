"""Telling the watchers never gets in the way of anything else."""

from __future__ import annotations

import subprocess
import sys

from django.conf import settings

PUBLISH_AND_END = """
import django
django.setup()
from uuid import uuid4
from tasks import publisher
publisher.publish(uuid4(), [])
"""


def test_a_process_that_has_published_can_end() -> None:
    subprocess.run(
        [sys.executable, "-c", PUBLISH_AND_END],
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        cwd=settings.BASE_DIR,
        timeout=30,
        check=True,
    )
