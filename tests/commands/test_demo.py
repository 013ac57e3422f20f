"""`manage.py demo`: what it shows, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from agents.pipeline import BUILD_AGENT
from tests.commands.processes import all_gone_from


@contextmanager
def running_demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process whose temporary files all go to `tmp_path`."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "agentforge.settings",
        "AGENTFORGE_DATA_DIR": str(tmp_path / "unused"),
        "TMPDIR": str(tmp_path),
    }
    with subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process


def leftovers(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("agentforge-demo-*"))


def test_the_demo_shows_every_step_the_agent_and_a_cited_answer(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        shown, _ = demo.communicate(timeout=180)
    assert demo.returncode == 0, shown
    for step in BUILD_AGENT.steps:
        assert re.search(rf"^ *\d+ %  {step.name} ", shown, re.MULTILINE)
    assert re.search(r"^100 % ", shown, re.MULTILINE)
    assert re.search(r"^agent_id: [0-9a-f-]{36}$", shown, re.MULTILINE)
    assert re.search(r"^Citation: http://127\.0\.0\.1:\d+/guide/", shown, re.MULTILINE)
    assert all_gone_from(tmp_path)
    assert not leftovers(tmp_path)


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if line.startswith("Building an agent"))
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, rest
    assert all_gone_from(tmp_path)
    assert not leftovers(tmp_path)
