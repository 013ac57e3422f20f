"""The Celery application. `celery -A agentforge worker` and `beat` start from here.

The apps register their workflows and periodic tasks when Django is ready.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentforge.settings")

app = Celery("agentforge")
app.config_from_object("django.conf:settings", namespace="CELERY")
