"""`GET /dead-letters` and `POST /dead-letters/retry`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tasks import dead_letters, permissions
from tasks.acts import Act
from tasks.api.schema import FORBIDDEN_ACT, refusal
from tasks.api.serializers import RetryRequest
from tasks.api.strict import QuerySerializer, Text
from tasks.errors import TaskNotFound
from tasks.models import TaskQuerySet, TaskState

FILTERS = ("workflow", "step", "error_code")


class DeadLetterQuery(QuerySerializer):
    """The query string of `GET /dead-letters`."""

    workflow = serializers.CharField(required=False, max_length=64)
    step = serializers.CharField(required=False, max_length=64)
    error_code = serializers.CharField(required=False, max_length=64)


class GroupSerializer(serializers.Serializer[dead_letters.Group]):
    """Dead letters of one workflow that failed in the same step with the same error."""

    workflow = serializers.CharField()
    step = serializers.CharField()
    error_code = serializers.CharField()
    count = serializers.IntegerField()
    newest_at = serializers.DateTimeField()
    newest_task_id = serializers.UUIDField()
    sample_message = serializers.CharField()


class GroupList(serializers.Serializer[Any]):
    """The groups, that which grew last first."""

    results = GroupSerializer(many=True)


class BulkRetryRequest(RetryRequest):
    """`POST /dead-letters/retry`: which ones, and from where."""

    task_id = serializers.UUIDField(required=False)
    workflow = Text(required=False, max_length=64)
    step = Text(required=False, max_length=64)
    error_code = Text(required=False, max_length=64)
    all = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = ["task_id" in attrs, any(name in attrs for name in FILTERS), attrs["all"]]
        if ways.count(True) != 1:
            raise serializers.ValidationError(
                "Say which dead letters to retry, in one way: by task_id, by workflow, step and "
                "error_code (one or more of them), or all of them with all: true.",
                code="ambiguous",
            )
        return attrs


class BulkRetryResult(serializers.Serializer[Any]):
    """What became of it. `remaining` dead letters still match, for another request."""

    retried = serializers.IntegerField()
    refused = serializers.IntegerField()
    remaining = serializers.IntegerField()


def _selected(request: Request, asked: dict[str, Any]) -> TaskQuerySet:
    """The dead letters asked for, of those that the caller may see.

    Raises:
        TaskNotFound: one was asked for that is not there.
    """
    filters = {name: asked[name] for name in FILTERS if name in asked}
    letters = dead_letters.select(TaskState.objects.visible_to(request.user), **filters)
    if "task_id" not in asked:
        return letters
    letters = letters.filter(pk=asked["task_id"])
    if not letters.exists():
        raise TaskNotFound("There is no dead letter with this task_id.")
    return letters


class DeadLettersView(APIView):
    """Dead letters in groups."""

    @extend_schema(
        operation_id="dead_letters_list", parameters=[DeadLetterQuery], responses=GroupList
    )
    def get(self, request: Request) -> Response:
        groups = dead_letters.groups(_selected(request, DeadLetterQuery.of(request)))
        return Response(GroupList({"results": groups}).data)


class DeadLettersRetryView(APIView):
    """Dead letters back into the queue, a bounded number at a time."""

    @extend_schema(
        operation_id="dead_letters_retry",
        request=BulkRetryRequest,
        responses={
            202: BulkRetryResult,
            403: FORBIDDEN_ACT,
            404: refusal("There is no dead letter with this task_id, or you may not see it."),
        },
    )
    def post(self, request: Request) -> Response:
        body = BulkRetryRequest(data=request.data)
        body.is_valid(raise_exception=True)
        letters = _selected(request, body.validated_data)
        done = dead_letters.retry(
            letters,
            by=request.user,
            start_over=body.validated_data["from"] == "start",
            at_most=dead_letters.RETRIED_AT_ONCE,
        )
        answer = {
            "retried": done.retried,
            "refused": done.refused,
            "remaining": permissions.those(request.user, Act.RETRY, letters).count(),
        }
        return Response(answer, status=status.HTTP_202_ACCEPTED)
