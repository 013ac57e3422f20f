"""Builds in every state, made by the verbs that make them in real life."""

from __future__ import annotations

from typing import Any

from agents import params
from agents.models import AgentRecord, AgentStatus
from tasks import lifecycle, workflows
from tasks.models import TaskState


def queued(owner: Any, name: str = "", url: str = "https://docs.example.com/") -> TaskState:
    """A build that waits for a worker."""
    given = {"urls": [url]} | ({"name": name} if name else {})
    return lifecycle.submit(params.WORKFLOW, params.clean(given), owner).task


def scraping(owner: Any, done: int = 1, total: int = 4, **given: str) -> TaskState:
    """A build whose second step has done `done` of `total` pages."""
    task = queued(owner, **given)
    lifecycle.succeed(claimed(task, "validate"), {})
    lifecycle.report(claimed(task, "scrape"), done, total, f"{done} of {total} pages fetched")
    task.refresh_from_db()
    return task


def cancelled(owner: Any) -> TaskState:
    """A build that was cancelled in its second step."""
    task = queued(owner)
    lifecycle.succeed(claimed(task, "validate"), {})
    claim = claimed(task, "scrape")
    lifecycle.cancel(task.pk, by=owner)
    lifecycle.cancelled(claim)
    task.refresh_from_db()
    return task


def failed(owner: Any, message: str = "No page could be fetched.", **given: str) -> TaskState:
    """A build that failed in its first step."""
    task = queued(owner, **given)
    lifecycle.fail(claimed(task, "validate"), "no_pages", message)
    task.refresh_from_db()
    return task


def finished(owner: Any, **given: str) -> TaskState:
    """A build that made an agent."""
    task = queued(owner, **given)
    agent = ready_agent(owner, build_task=task)
    output = {"agent_id": str(agent.pk), "name": agent.name, "pages": 2}
    for step in workflows.get(params.WORKFLOW).by_name:
        lifecycle.succeed(claimed(task, step), output)
    task.refresh_from_db()
    return task


def claimed(task: TaskState, step: str) -> lifecycle.Claim:
    """The lease on a step, as a worker takes it."""
    task.refresh_from_db()
    return lifecycle.claim(task.pk, task.run, step, f"celery-{step}")


def ready_agent(owner: Any, **fields: Any) -> AgentRecord:
    """An agent that may be used."""
    given = {"name": "Handbook", "status": AgentStatus.READY} | fields
    return AgentRecord.objects.create(owner=owner, **given)
