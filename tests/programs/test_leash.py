"""The leash: a child's life ends with its parent's, whatever the parent died of."""

from __future__ import annotations

import select
import subprocess
import sys

import pytest

from tasks.programs import leash

PARENT = """
import subprocess, sys, time
sys.path.insert(0, {root!r})
from tasks.programs.leash import leashed
child = "print('up', flush=True); import time; time.sleep(60)"
subprocess.Popen(leashed([sys.executable, "-c", child]))
time.sleep(60)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")


def test_a_leashed_process_dies_with_a_parent_that_is_killed() -> None:
    root = leash.__file__.rsplit("/tasks/", 1)[0]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(root=root)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        parent.kill()
        # The child holds the other end of the pipe; it closes when the child is gone.
        readable, _, _ = select.select([parent.stdout], [], [], 10)
        assert readable
        assert parent.stdout.read() == b""


def test_a_process_whose_parent_is_gone_already_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", leash.__file__, "1", "true"], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"is gone" in done.stderr
