"""Everything that the page of one task shows."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from django_celery_results.models import TaskResult

from tasks import audit, display, explanations, story, waiting
from tasks.api.payloads import eta_seconds
from tasks.masking import masked
from tasks.models import StepRun, TaskState, WebhookAttempt
from tasks.states import RETRYABLE, State

DELIVERIES_SHOWN = 10
ACTS_SHOWN = 10


def parts(task: TaskState) -> dict[str, Any]:
    """What of a task changes while it is watched: all but its log."""
    steps = list(task.steps.all())
    runs, tracks = story.of(task, steps)
    results = _celery_results(steps)
    return {
        "task": task,
        "steps": steps,
        "waiting": waiting.reason(task),
        "eta": eta_seconds(task, steps),
        "runs": runs,
        "tracks": tracks,
        "celery_results": [(step, results.get(step.celery_task_id)) for step in steps],
        "traceback": _traceback(task, steps, results),
        "explanation": explanations.explanation(task.error_code),
        "deliveries": _deliveries(task),
        "acts": audit.of(task)[:ACTS_SHOWN],
        "result": display.readable_result(task.result or {}),
        "is_retryable": task.state in RETRYABLE,
    }


def whole(task: TaskState, root: str) -> dict[str, Any]:
    """All of it.

    Args:
        root: the address of this installation, with a slash at its end.
    """
    log, is_log_cut = display.recent_log(task)
    return parts(task) | {
        "log": log,
        "is_log_cut": is_log_cut,
        "log_limit": display.LOG_LIMIT,
        "params": display.readable_params(task.params),
        "commands": commands(task, root),
    }


def commands(task: TaskState, root: str) -> list[tuple[str, str]]:
    """What a program would send, as (title, command line). Secrets are masked in it."""
    address = f"{root}tasks/{task.pk}"
    body = json.dumps({"workflow": task.workflow, "params": masked(task.params)})
    return [
        ("Read it", _curl(address)),
        ("Follow it", _curl(f"{address}/events", "-N", "-H", "Accept: text/event-stream")),
        ("Cancel it", _curl(address, "-X", "DELETE")),
        ("Retry it", _curl(f"{address}/retry", *_json('{"from": "failed"}'))),
        ("Submit the same again", _curl(f"{root}tasks", *_json(body))),
    ]


def log_file(task: TaskState) -> Iterator[str]:
    """The whole log as lines of text: when, at which step, how serious, and what."""
    for event in task.events.exclude(type="progress").order_by("seq").iterator(chunk_size=500):
        level = event.data.get("level", "info")
        at = event.at.isoformat(timespec="milliseconds")
        yield f"{at} {event.step or 'task'} {level} {display.line(event)}\n"


def _curl(address: str, *options: str) -> str:
    # Its variable is for the shell, so that no token stands in a page or in a history.
    return f'curl -H "Authorization: Bearer $TOKEN" {shlex.join([*options, address])}'


def _json(body: str) -> tuple[str, ...]:
    return "-H", "Content-Type: application/json", "-d", body


def _celery_results(steps: list[StepRun]) -> dict[str, TaskResult]:
    ids = [step.celery_task_id for step in steps if step.celery_task_id]
    found = TaskResult.objects.filter(task_id__in=ids)
    found = found.defer("result", "task_args", "task_kwargs", "meta")
    return {result.task_id: result for result in found}


def _traceback(task: TaskState, steps: list[StepRun], results: dict[str, TaskResult]) -> str:
    """Where the failed step broke; empty if that is not known."""
    if task.state != State.FAILED:
        return ""
    failed = [step for step in steps if step.name == task.current_step]
    result = results.get(failed[0].celery_task_id) if failed else None
    return (result.traceback or "") if result else ""


def _deliveries(task: TaskState) -> list[Any]:
    attempts = Prefetch(
        "attempts", WebhookAttempt.objects.order_by("-number"), to_attr="latest_attempts"
    )
    found = task.webhook_deliveries.order_by("-created_at").prefetch_related(attempts)
    return list(found[:DELIVERIES_SHOWN])
