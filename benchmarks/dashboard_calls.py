"""Every page of the dashboard, as a member of staff sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.test import Client
from django.utils import timezone

from agents import dashboard as agent_pages
from agents.models import AgentRecord, Chunk, Page, PageStatus
from benchmarks.calls import WORDS, Call, get, page
from tasks import dead_letter_pages, hours, listing, webhook_pages
from tasks.models import TaskState
from tasks.states import DeliveryState, State

TASKS = "/dashboard/tasks/"
AGENTS = "/dashboard/agents/"
WEBHOOKS = "/dashboard/webhooks/"
LETTERS = "/dashboard/dead-letters/"


def calls(client: Client) -> dict[str, Call]:
    """The calls by what they show."""
    found = (
        _overview(client)
        | _list(client)
        | _one_task(client)
        | _agents(client)
        | _one_agent(client)
        | _others(client)
    )
    return {f"dashboard: {name}": call for name, call in found.items()}


def _overview(client: Client) -> dict[str, Call]:
    spans = {f"overview, {each.label}": get(client, "/", span=each.name) for each in hours.SPANS}
    return spans | {"new agent": get(client, f"{AGENTS}new")}


def _list(client: Client) -> dict[str, Call]:
    middle = TaskState.objects.filter(created_at__lt=timezone.now() - timedelta(days=40))
    newest = TaskState.objects.order_by("-created_at")[500]
    built = TaskState.objects.filter(state=State.SUCCESS).order_by("-created_at")[0]
    rows = {"id": newest.pk, "newest": newest.pk}
    day = (timezone.now() - timedelta(days=40)).date()
    pages: dict[str, dict[str, Any]] = {
        "first page": {},
        "page in the middle": {"before": middle.order_by("-created_at")[0].pk},
        **{state: {"state": state} for state in State},
        "frequent workflow": {"workflow": "build-agent"},
        "rare workflow": {"workflow": "export"},
        "of one owner": {"owner": "few"},
        "of a busy owner": {"owner": "many"},
        "of one agent": {"agent": built.agent_id},
        "of one day": {"since": day, "until": day},
        "of one error": {"state": "FAILED", "error": "provider"},
        "of one workflow, owner and day": {
            "workflow": "build-agent",
            "owner": "many",
            "since": day,
            "until": day,
        },
        **{f"text in {which}": {"q": word} for which, word in WORDS.items()},
    }

    def shown(query: dict[str, Any]) -> Call:
        call = get(client, TASKS, **query)
        return page(call, b'<tr id="task-', lambda rows: patch.object(listing, "PAGE_SIZE", rows))

    return {f"tasks, {name}": shown(query) for name, query in pages.items()} | {
        "tasks, 200 rows": get(client, TASKS, size=200),
        "tasks, rows brought up to date": get(client, f"{TASKS}rows", **rows),
        "tasks, rows, text in every task": get(client, f"{TASKS}rows", **rows, q="example.com"),
    }


def _one_task(client: Client) -> dict[str, Call]:
    """Pages of tasks whose whole history is there."""
    found = {}
    for state in (State.RUNNING, State.FAILED, State.SUCCESS):
        task = TaskState.objects.filter(state=state).order_by("-created_at")[0]
        found[f"a task, {state}"] = get(client, f"{TASKS}{task.pk}/")
        found[f"its parts, {state}"] = get(client, f"{TASKS}{task.pk}/parts")
    return found


def _agents(client: Client) -> dict[str, Call]:
    pages: dict[str, dict[str, Any]] = {
        "first page": {},
        "page 40": {"page": 40},
        "text in every agent": {"q": "website"},
        "text in some agents": {"q": "bucket"},
        "text in no agent": {"q": "xylophone"},
    }

    def shown(query: dict[str, Any]) -> Call:
        call = get(client, AGENTS, **query)
        return page(
            call,
            b'<li class="card agent-card" id="agent-',
            lambda rows: patch.object(agent_pages, "AGENTS_A_PAGE", rows),
        )

    return {f"agents, {name}": shown(query) for name, query in pages.items()}


def _one_agent(client: Client) -> dict[str, Call]:
    agent = AgentRecord.objects.exclude(provider_agent_id="").get()
    address = f"{AGENTS}{agent.pk}/"
    extracted = Page.objects.filter(agent=agent, status=PageStatus.EXTRACTED)[0]
    assert Chunk.objects.filter(page=extracted).exists()
    return {
        "an agent": get(client, address),
        "an agent, page 5 of its pages": get(client, address, page=5),
        "an agent, pages that failed": get(client, address, status=PageStatus.FAILED),
        "an agent, a page of it": get(client, f"{address}pages/{extracted.pk}"),
        "an agent, search": get(client, f"{address}search", q="cache daemon"),
        "an agent, edit": get(client, f"{address}edit"),
        "an agent, delete": get(client, f"{address}delete"),
    }


def _others(client: Client) -> dict[str, Call]:
    failed = TaskState.objects.filter(state=State.FAILED).order_by("-created_at")[0]

    def deliveries(**query: Any) -> Call:
        return page(
            get(client, WEBHOOKS, **query),
            b'<tr id="delivery-',
            lambda rows: patch.object(webhook_pages, "DELIVERIES_A_PAGE", rows),
        )

    def letters(**query: Any) -> Call:
        return page(
            get(client, LETTERS, **query),
            b'name="task_id"',
            lambda rows: patch.object(dead_letter_pages, "LETTERS_A_PAGE", rows),
        )

    group = {"workflow": "build-agent", "step": "create", "error_code": "provider"}
    return {
        "tokens": get(client, "/dashboard/tokens/"),
        "tokens of everyone": get(client, "/dashboard/tokens/", of="everyone"),
        "tokens of everyone, page 4": get(client, "/dashboard/tokens/", of="everyone", page=4),
        "dead letters": get(client, LETTERS),
        "dead letters of a group": letters(**group),
        "dead letters of a workflow": letters(workflow="build-agent"),
        "dead letters of an error": letters(error_code="provider"),
        "webhook deliveries": deliveries(),
        **{f"webhook deliveries, {each}": deliveries(state=each) for each in DeliveryState},
        "webhook deliveries of a task": deliveries(task=failed.pk),
        "guide": get(client, "/guide/"),
    }
