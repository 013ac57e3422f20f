"""The whole environment of a project's program. Nothing of the worker's own goes into it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from uuid import UUID

from django.conf import settings

from tasks.projects.config import ProjectConfig

TAKEN_OVER = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""What of the worker's environment says how its machine writes and counts."""


def environment(config: ProjectConfig, task_id: UUID, temporary: Path) -> dict[str, str]:
    """The variables of the program of one task.

    Args:
        temporary: a directory of the task, which goes when the task ends.
    """
    shared = {name: os.environ[name] for name in TAKEN_OVER if name in os.environ}
    search = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    ours = {} if config.command else {"PYTHONPATH": str(settings.BASE_DIR)}
    return {
        **shared,
        "PATH": os.pathsep.join(search),
        "HOME": str(config.directory),
        # Or a program in Python would keep its lines until it has 8 kB of them.
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        **ours,
        **config.env,
        **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(temporary)),
        "AGENTFORGE_PROJECT": config.name,
        "AGENTFORGE_DB_CONN": config.db_conn,
        "AGENTFORGE_PATHS": json.dumps(config.paths),
        "AGENTFORGE_TASK_ID": str(task_id),
        "AGENTFORGE_ASSUME_YES": "1",
    }
