"""Registering a workflow makes it known to requests and gives each step its Celery task."""

from tasks import runner, workflows
from tasks.workflows import Workflow


def register(workflow: Workflow) -> Workflow:
    """Register `workflow` and return it, so that a module can declare and register in one go."""
    workflows.add(workflow)
    runner.bind(workflow)
    return workflow
