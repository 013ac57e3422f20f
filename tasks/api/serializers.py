"""The shapes of the task API, in both directions."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from tasks import search
from tasks.api.callback import CallbackURL
from tasks.api.payloads import task_payload
from tasks.api.strict import Choice, QuerySerializer, StrictSerializer, Text
from tasks.models import StepRun, TaskState
from tasks.states import EventType, Priority, State, StepState

ORDERINGS = ("created_at", "-created_at", "finished_at", "-finished_at")


class WorkflowName(Text):
    """The name of a workflow; the schema lists those that there are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)


class TypeName(Text):
    """The name of a type of a project's tasks; the schema lists those that there are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)


class SubmissionFields(StrictSerializer):
    """What every submission may carry, whatever it submits."""

    callback_url = CallbackURL(
        allow_blank=True,
        default="",
        help_text="Where a signed POST with the task goes each time it ends.",
    )
    priority = Choice(choices=Priority.choices, default=Priority.NORMAL)
    idempotency_key = Text(
        required=False,
        max_length=255,
        help_text="The same key and body give the first task again. Also as a header.",
    )


@extend_schema_field(OpenApiTypes.OBJECT)
class Params(serializers.JSONField):
    """The parameters of a workflow, which alone knows what they may be."""


class TaskSubmission(SubmissionFields):
    """`POST /tasks`: a workflow, or a type of task and the project it is for."""

    workflow = WorkflowName(required=False)
    project = Text(required=False, max_length=64, help_text="The name of a project.")
    type = TypeName(
        required=False, help_text="What the project's program is to do. Together with `project`."
    )
    command = Text(
        required=False,
        max_length=64,
        allow_blank=True,
        help_text="Which command of the type, for a type that has several.",
    )
    params = Params(default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        of_project = sorted({"project", "type", "command"} & attrs.keys())
        if "workflow" in attrs and of_project:
            sentence = "Name either a workflow, or a project and the type of its task."
            raise serializers.ValidationError({name: [sentence] for name in of_project})
        missing = {"project", "type"} - attrs.keys() if of_project else {"workflow"} - attrs.keys()
        if missing:
            detail = ErrorDetail("This field is required.", "required")
            raise serializers.ValidationError({name: [detail] for name in sorted(missing)})
        return attrs

    def validate_params(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise serializers.ValidationError("Send an object, like {}.", code="invalid")
        if "\\u0000" in json.dumps(value):
            raise serializers.ValidationError(
                "Null characters are not allowed.", code="null_characters_not_allowed"
            )
        return value


class StepRunSerializer(serializers.ModelSerializer[StepRun]):
    """One step of a task."""

    state = serializers.ChoiceField(choices=StepState.choices)

    class Meta:
        model = StepRun
        fields = [
            "name",
            "weight",
            "state",
            "done",
            "total",
            "attempts",
            "started_at",
            "finished_at",
            "error_message",
        ]


class TaskSerializer(serializers.ModelSerializer[TaskState]):
    """A task. `agent_id` is null until SUCCESS, and percent is 100 exactly then.

    It declares the shape for the schema; `task_payload` fills it.
    """

    task_id = serializers.UUIDField(source="id")
    state = serializers.ChoiceField(choices=State.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    cancel_requested = serializers.BooleanField()
    waiting_for = serializers.CharField(
        allow_null=True,
        help_text="Why nobody is at work on it, in a sentence. Told by `GET /tasks/{id}` only; "
        "null elsewhere, and where it does not wait.",
    )
    eta_seconds = serializers.FloatField(allow_null=True)
    steps = StepRunSerializer(many=True)

    class Meta:
        model = TaskState
        fields = [
            "task_id",
            "workflow",
            "subject",
            "state",
            "percent",
            "current_step",
            "details",
            "waiting_for",
            "agent_id",
            "error_code",
            "error_message",
            "result",
            "run",
            "priority",
            "cancel_requested",
            "eta_seconds",
            "last_seq",
            "created_at",
            "started_at",
            "finished_at",
            "steps",
        ]

    def to_representation(self, instance: TaskState) -> dict[str, Any]:
        return task_payload(instance)


class TaskQuery(QuerySerializer):
    """The query string of `GET /tasks`."""

    state = Choice(choices=State.choices, required=False)
    workflow = serializers.CharField(required=False, max_length=64)
    agent_id = serializers.UUIDField(required=False)
    q = serializers.CharField(required=False, allow_blank=True, max_length=200)
    created_after = serializers.DateTimeField(required=False)
    ordering = Choice(
        choices=ORDERINGS,
        default="-created_at",
        help_text="By `finished_at`, only finished tasks are listed. Not together with `q`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_end = attrs["ordering"].endswith("finished_at")
        if by_end and search.is_search(attrs.get("q", "")):
            raise serializers.ValidationError(
                {
                    "ordering": [
                        "What `q` finds is listed in the order of its submission only. Choose "
                        "created_at or -created_at, or leave `q` out."
                    ]
                }
            )
        return attrs


class RetryRequest(StrictSerializer):
    """`POST /tasks/{id}/retry`."""

    vars()["from"] = Choice(
        choices=[("failed", "the first unfinished step"), ("start", "the start")],
        default="failed",
    )


class EventSerializer(serializers.Serializer[Any]):
    """One event of a task's history."""

    seq = serializers.IntegerField()
    type = serializers.ChoiceField(choices=EventType.choices)
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=State.choices)
    percent = serializers.FloatField()
    step = serializers.CharField()
    message = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment]  # not Serializer.data


class EventPage(serializers.Serializer[Any]):
    """`GET /tasks/{id}/events` as JSON; `next` is the `after` to go on with, null at the end."""

    results = EventSerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class EventQuery(QuerySerializer):
    """The query string of `GET /tasks/{id}/events`."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
