"""The Celery application. `celery -A agentforge worker` and `beat` start from here.

The apps register their workflows and periodic tasks when Django is ready.
"""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentforge.settings")

app = Celery("agentforge")
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """Workers and beat log as the web server does, by `LOGGING`. Where nobody answers this signal,
    Celery sets the level of its own command line's default."""
