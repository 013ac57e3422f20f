"""Registering a workflow makes it known to requests and gives each step its Celery tasks."""

from tasks import fan_out_runner, runner, workflows
from tasks.workflows import Workflow


def register(workflow: Workflow) -> Workflow:
    """Register `workflow` and return it, so that a module can declare and register in one go."""
    workflows.add(workflow)
    for step in workflow.steps:
        binder = fan_out_runner if step.fan_out else runner
        binder.bind_step(workflow, step)
    return workflow
