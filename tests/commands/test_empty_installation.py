"""Commands on a data directory where nothing has been set up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings


@pytest.mark.parametrize("command", [["api_token", "admin"], ["build_agent", "http://127.0.0.1/"]])
def test_the_way_to_set_it_up_is_told(tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "agentforge.settings",
            "AGENTFORGE_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: Nothing is set up here yet. Run `make up`")
    assert "Traceback" not in done.stderr
