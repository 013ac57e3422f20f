"""Builds in every state, made by the verbs that make them in real life."""

from __future__ import annotations

from typing import Any

from agents import params
from agents.models import AgentRecord, AgentStatus, Chunk, Page, PageContent
from agents.providers.base import KnowledgeItem
from agents.providers.local import LocalProvider
from agents.spec import spec_of
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


def failed_in_scrape(owner: Any) -> TaskState:
    """A build that failed in its second step."""
    task = queued(owner)
    lifecycle.succeed(claimed(task, "validate"), {})
    lifecycle.fail(claimed(task, "scrape"), "too_many_failed", "Too many pages failed.")
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


def agent_at_provider(owner: Any, **fields: Any) -> AgentRecord:
    """An agent that may be used and lives at the local provider, with two pages of a chunk each."""
    agent = ready_agent(owner, page_count=2, chunk_count=2, **fields)
    agent.provider_agent_id = LocalProvider().create(spec_of(agent))
    agent.save()
    for position in range(2):
        url = f"https://docs.example.com/{position}"
        page = Page.objects.create(agent=agent, url=url, position=position, status="extracted")
        PageContent.objects.create(page=page, markdown="Text.")
        chunk = Chunk.objects.create(
            agent=agent, page=page, position=0, text=f"Lighthouse number {position}.", token_count=4
        )
        item = KnowledgeItem(chunk.pk, url, "Lighthouses", [], chunk.text)
        LocalProvider().upload(agent.provider_agent_id, [item])
    return agent


def ready_agent(owner: Any, **fields: Any) -> AgentRecord:
    """An agent that may be used."""
    given = {"name": "Handbook", "status": AgentStatus.READY} | fields
    return AgentRecord.objects.create(owner=owner, **given)
