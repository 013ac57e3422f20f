"""A worker starts with processes, and with nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest
from celery.concurrency import get_implementation
from django.conf import settings

from tasks.runner import refuse_other_pools


@pytest.mark.parametrize("pool", ["threads", "gevent", "eventlet", "solo"])
def test_a_pool_without_processes_is_refused(pool: str) -> None:
    with pytest.raises(SystemExit, match="Start the worker with --pool prefork, not with"):
        refuse_other_pools(options={"pool": pool})


def test_processes_are_accepted_by_name_and_as_celery_hands_them_over() -> None:
    for pool in ("prefork", get_implementation("prefork"), None):
        refuse_other_pools(options={"pool": pool})


def test_a_worker_with_threads_does_not_start() -> None:
    worker = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "agentforge", "worker", "--pool", "threads"],
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        cwd=settings.BASE_DIR,
        timeout=30,
        capture_output=True,
        text=True,
    )
    assert worker.returncode == 1
    assert worker.stderr.endswith(
        "Start the worker with --pool prefork, not with celery.concurrency.thread.\n"
    )
