"""Every page of the admin: each list with its filters, dates and search, and a row of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from agents.documents.models import Document
from agents.models import AgentRecord, AgentVersion, Chunk, Page
from benchmarks.calls import WORDS, Call, get, page
from tasks import admin_dates
from tasks.models import (
    ApiToken,
    AuditEntry,
    DeadLetter,
    StepBatch,
    StepRun,
    TaskEvent,
    TaskState,
    WebhookDelivery,
)
from tasks.projects.models import Project
from tasks.states import State

ROW = b"<tr><t"
"""What a row of a list begins with, and no head of a table."""


def calls(client: Client) -> dict[str, Call]:
    """The calls by what they show. Every model that the admin has is among them."""
    searches = _searches()
    found = {"index": get(client, "/admin/")}
    for model, pages in admin.site._registry.items():
        lists = {"": {}, **_filters(model, pages), **_days(pages)}
        if model not in (ApiToken, Group, Project):
            lists[", page 3"] = {"p": 3}
        found |= {
            f"{_named(model)}{name}": _list(client, model, pages, query)
            for name, query in {**lists, **searches.get(model, {})}.items()
        }
        found |= _rows(client, model)
    return {f"admin: {name}": call for name, call in found.items()}


def _named(model: type[Model]) -> str:
    return str(model._meta.verbose_name_plural)


def _address(model: type[Model], view: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def _list(client: Client, model: type[Model], pages: Any, query: dict[str, Any]) -> Call:
    return page(
        get(client, _address(model, "changelist"), **query),
        ROW,
        lambda rows: patch.object(pages, "list_per_page", rows),
    )


def _filters(model: type[Model], pages: Any) -> dict[str, dict[str, Any]]:
    """Each choice of each filter that the list offers."""
    request = RequestFactory().get(_address(model, "changelist"))
    request.user = User.objects.get(username="staff")
    changelist = pages.get_changelist_instance(request)
    return {
        f", {each.title}: {choice['display']}": dict(parse_qsl(choice["query_string"][1:]))
        for each in changelist.filter_specs
        for choice in each.choices(changelist)
        if choice.get("query_string", "?") != "?"
    }


def _days(pages: Any) -> dict[str, dict[str, Any]]:
    """A month and a day of the list's dates."""
    field = getattr(pages, "dates", "")
    if not field:
        return {}
    day = (timezone.now() - timedelta(days=40)).replace(hour=0, minute=0, second=0, microsecond=0)
    month = admin_dates.around(admin_dates.Period("day", day, day + timedelta(days=1)))
    assert month is not None
    return {
        ", a month": admin_dates.parameters(field, month),
        ", a day": {f"{field}__gte": day, f"{field}__lt": day + timedelta(days=1)},
    }


def _searches() -> dict[type[Model], dict[str, dict[str, Any]]]:
    """What can be looked for in each list."""
    failed = _newest(State.FAILED)
    agent = _agent()
    words = {f", text in {which}": {"q": word} for which, word in WORDS.items()}
    of_task = {", of a task": {"q": failed.pk}}
    of_agent = {", of an agent": {"q": agent.pk}}
    within = {", text within an agent": {"q": "cache", "agent__id__exact": agent.pk}}
    text: dict[type[Model], dict[str, dict[str, Any]]] = {
        TaskState: words | {", of an owner": {"q": "few"}, ", of a busy owner": {"q": "many"}},
        DeadLetter: words
        | {
            ", of a kind": {
                "workflow": "build-agent",
                "failed_step": "create",
                "error_code": "provider",
            }
        },
        AgentRecord: {
            ", text in every agent": {"q": "website"},
            ", text in some agents": {"q": "bucket"},
            ", text in no agent": {"q": "xylophone"},
            **of_agent,
        },
        AgentVersion: of_agent,
        Page: of_agent | within,
        Chunk: of_agent | within,
        Document: {", text": {"q": "handbook-7"}, ", text in none": {"q": "xylophone"}},
        AuditEntry: of_task | {", of a person": {"q": "many"}, ", of nobody": {"q": "xylophone"}},
        ApiToken: {", text": {"q": "Import 7"}, ", text in none": {"q": "xylophone"}},
        User: {", text": {"q": "visitor7"}, ", text in none": {"q": "xylophone"}},
        TaskResult: of_task,
    }
    return text | dict.fromkeys((StepRun, StepBatch, TaskEvent, WebhookDelivery), of_task)


def _newest(state: State) -> TaskState:
    return TaskState.objects.filter(state=state).order_by("-created_at")[0]


def _agent() -> AgentRecord:
    """The one with many pages."""
    return AgentRecord.objects.exclude(provider_agent_id="").get()


def _rows(client: Client, model: type[Model]) -> dict[str, Call]:
    """The pages of rows: the newest in each state that matters, or any one."""
    rows: dict[str, Model | None] = {"": model._default_manager.order_by("pk").first()}
    if model is TaskState:
        rows = {f", {each}": _newest(each) for each in (State.RUNNING, State.FAILED, State.SUCCESS)}
    elif model is DeadLetter:
        rows = {"": _newest(State.FAILED)}
    elif model is AgentRecord:
        rows = {"": _agent()}
    elif model is StepRun:
        rows = {
            "": StepRun.objects.filter(task=_newest(State.SUCCESS))[0],
            ", with batches": StepBatch.objects.all()[0].step,
        }
    elif model is User:
        rows = {", with many tasks": User.objects.get(username="many")}
    found = {
        f"one of the {_named(model)}{name}": get(client, _address(model, "change", row.pk))
        for name, row in rows.items()
        if row
    }
    if model in (AgentRecord, User):
        (row,) = rows.values()
        assert row is not None
        found[f"one of the {_named(model)}, to delete"] = get(
            client, _address(model, "delete", row.pk)
        )
    if model in (ApiToken, Project, User, Group):
        found[f"a new one of the {_named(model)}"] = get(client, _address(model, "add"))
    for row in rows.values():
        if row:
            found[f"one of the {_named(model)}, its history"] = get(
                client, _address(model, "history", row.pk)
            )
    return found
