"""Makes the workflow of a type: three steps, of which the last one takes nearly all the time."""

from __future__ import annotations

from functools import partial

from django.conf import settings

from tasks import registry
from tasks.projects import request, types
from tasks.projects.steps import BUILD, FETCH, RUN, build_command, fetch_config, run
from tasks.projects.types import TaskType
from tasks.workflows import RetryPolicy, Step, Workflow

FETCH_RETRIES = RetryPolicy(attempts=5, base=1.0, cap=30.0)
RUN_GRACE = 60
"""Seconds that the step may take besides its program, which has its own limit."""


def register(declared: TaskType) -> TaskType:
    """Make the type known to requests and workers; return it."""
    types.add(declared)
    name = declared.name
    registry.register(
        Workflow(
            name=name,
            title=declared.title,
            clean=partial(request.clean, declared),
            subject=partial(request.subject, declared),
            admit=partial(request.admit, declared),
            last_words="STOPPED",
            steps=(
                Step(FETCH, fetch_config, weight=5, soft_time_limit=120, retry=FETCH_RETRIES),
                Step(BUILD, partial(build_command, name), weight=5, soft_time_limit=60),
                Step(
                    RUN,
                    partial(run, name),
                    weight=90,
                    soft_time_limit=settings.AGENTFORGE_PROGRAM_SECONDS + RUN_GRACE,
                ),
            ),
        )
    )
    return declared
