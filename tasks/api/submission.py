"""Submitting over HTTP, the same for every kind of task: idempotency, status, headers."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from tasks import lifecycle
from tasks.api.payloads import task_payload
from tasks.errors import InvalidParams
from tasks.lifecycle import Submission
from tasks.projects.submission import prepared

TASK_OF_PROJECT = ("project", "type", "command", "params")


def submit(
    request: Request, workflow: str, params: dict[str, Any], options: dict[str, Any]
) -> Response:
    """Submit: 202 with the new task, or 200 with the one that the key made.

    Args:
        params: already cleaned by the workflow.
        options: what `SubmissionFields` validated.

    Raises:
        UnknownWorkflow, IdempotencyConflict: the error handler answers these.
    """
    submission = lifecycle.submit(
        workflow,
        params,
        request.user,
        idempotency_key=idempotency_key(request, options),
        priority=options["priority"],
        callback_url=options["callback_url"],
    )
    return submitted(request, submission)


def submitted(request: Request, submission: Submission) -> Response:
    """What a submission is answered with."""
    response = Response(
        task_payload(submission.task, submission.steps),
        status=status.HTTP_202_ACCEPTED if submission.created else status.HTTP_200_OK,
    )
    response["Location"] = request.build_absolute_uri(f"/tasks/{submission.task.pk}")
    if not submission.created:
        response["Idempotency-Replayed"] = "true"
    return response


def submit_to_project(request: Request, options: dict[str, Any]) -> Response:
    """Submit a task of a project: the same, with errors at the fields of this request.

    Args:
        options: what `TaskSubmission` validated.

    Raises:
        ValidationError: the type, the project, the command or a parameter is refused.
        IdempotencyConflict: the error handler answers it.
    """
    asked = {name: options[name] for name in TASK_OF_PROJECT if name in options}
    try:
        return submit(request, options["type"], prepared(**asked), options)
    except InvalidParams as error:
        raise ValidationError(error.errors) from error


def idempotency_key(request: Request, options: dict[str, Any]) -> str | None:
    """The key of a submission, from the header or the field.

    Raises:
        ValidationError: it is too long, or there are two.
    """
    header, field = request.headers.get("Idempotency-Key"), options.get("idempotency_key")
    if header and field and header != field:
        raise ValidationError(
            {"idempotency_key": ["The field and the Idempotency-Key header differ. Send one."]}
        )
    key = header or field
    if key and len(key) > 255:
        raise ValidationError({"idempotency_key": ["A key has at most 255 characters."]})
    return key
