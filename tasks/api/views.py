"""The task API: fetch, authorise, one verb, respond."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tasks import events, lifecycle, search, waiting, workflows
from tasks.api.errors import Conflict
from tasks.api.pagination import NewestFirst, SearchPagination, TaskPagination
from tasks.api.payloads import task_payload
from tasks.api.schema import FORBIDDEN_ACT, refusal
from tasks.api.serializers import (
    EventPage,
    EventQuery,
    RetryRequest,
    TaskQuery,
    TaskSerializer,
    TaskSubmission,
)
from tasks.api.submission import submit, submit_to_project
from tasks.api.throttles import SubmitThrottle
from tasks.errors import TaskNotFound
from tasks.models import TaskState
from tasks.states import State
from tasks.streams.sse import accepts_event_stream, event_stream

EVENTS_PER_PAGE = 500

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 255},
    OpenApiParameter.HEADER,
    description="The same key and body give 200 and the first task; another body gives 409.",
)
SUBMITTED = {
    202: TaskSerializer,
    200: OpenApiResponse(TaskSerializer, "The key was used before: the first task."),
    409: refusal("The idempotency key was used with another request."),
}


def visible_task(request: Request, task_id: UUID) -> TaskState:
    """The task, if the caller may see it.

    Raises:
        TaskNotFound: there is none, or it is somebody else's, which must look the same.
    """
    task = TaskState.objects.visible_to(request.user).filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound
    return task


class TaskListView(generics.ListAPIView[TaskState]):
    """`GET /tasks` and `POST /tasks`."""

    serializer_class = TaskSerializer
    pagination_class = TaskPagination
    throttle_classes = [SubmitThrottle]
    query: dict[str, Any]

    def get_queryset(self) -> QuerySet[TaskState]:
        self.query = TaskQuery.of(self.request)
        tasks = TaskState.objects.visible_to(self.request.user).filter(_filters(self.query))
        return tasks.prefetch_related("steps")

    @cached_property
    def paginator(self) -> NewestFirst:
        text = self.query.get("q", "")
        if search.is_search(text):
            return SearchPagination(text, newest_first=self.query["ordering"] == "-created_at")
        return TaskPagination()

    @extend_schema(operation_id="tasks_list", parameters=[TaskQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="tasks_submit",
        request=TaskSubmission,
        responses=SUBMITTED,
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        body = TaskSubmission(data=request.data)
        body.is_valid(raise_exception=True)
        options = body.validated_data
        if "project" in options:
            return submit_to_project(request, options)
        workflow = workflows.get(options["workflow"])
        return submit(request, workflow.name, workflow.clean(options["params"]), options)


def _filters(query: dict[str, Any]) -> Q:
    wanted = Q()
    for field in ("state", "workflow", "agent_id"):
        if field in query:
            wanted &= Q(**{field: query[field]})
    if "created_after" in query:
        wanted &= Q(created_at__gt=query["created_after"])
    if query["ordering"].endswith("finished_at"):
        # A cursor cannot point at a time that is not there yet.
        wanted &= Q(finished_at__isnull=False)
    return wanted


class TaskView(APIView):
    """`GET /tasks/{id}` and `DELETE /tasks/{id}`."""

    @extend_schema(operation_id="tasks_get", responses=TaskSerializer)
    def get(self, request: Request, task_id: UUID) -> Response:
        task = visible_task(request, task_id)
        wait = waiting.reason(task)
        return Response(task_payload(task, waiting_for=wait.sentence if wait else None))

    @extend_schema(
        operation_id="tasks_cancel",
        responses={
            202: TaskSerializer,
            403: FORBIDDEN_ACT,
            409: refusal("The task is finished already."),
        },
    )
    def delete(self, request: Request, task_id: UUID) -> Response:
        task = lifecycle.cancel(visible_task(request, task_id).pk, by=request.user)
        return Response(task_payload(task), status=status.HTTP_202_ACCEPTED)


class TaskRetryView(APIView):
    """`POST /tasks/{id}/retry`."""

    @extend_schema(
        operation_id="tasks_retry",
        request=RetryRequest,
        responses={
            202: TaskSerializer,
            403: FORBIDDEN_ACT,
            409: refusal("The task is neither FAILED nor CANCELLED."),
        },
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        body = RetryRequest(data=request.data)
        body.is_valid(raise_exception=True)
        start_over = body.validated_data["from"] == "start"
        task = visible_task(request, task_id)
        task = lifecycle.retry(task.pk, by=request.user, start_over=start_over)
        return Response(task_payload(task), status=status.HTTP_202_ACCEPTED)


class TaskResultView(APIView):
    """`GET /tasks/{id}/result`."""

    @extend_schema(
        operation_id="tasks_result",
        responses={200: OpenApiTypes.OBJECT, 409: refusal("There is no result yet.")},
    )
    def get(self, request: Request, task_id: UUID) -> Response:
        task = visible_task(request, task_id)
        if task.state != State.SUCCESS:
            raise Conflict(
                f"The task is {task.state} and has no result. Ask again once it is SUCCESS.",
                code="no_result",
            )
        return Response(task.result)


class TaskEventsView(APIView):
    """`GET /tasks/{id}/events` as JSON; `task_events` answers the same path as a stream."""

    @extend_schema(
        operation_id="tasks_events",
        parameters=[
            EventQuery,
            OpenApiParameter(
                "Last-Event-ID", {"type": "integer", "minimum": 0}, OpenApiParameter.HEADER
            ),
        ],
        responses={
            (200, "application/json"): EventPage,
            (200, "text/event-stream"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, task_id: UUID) -> HttpResponseBase:
        task = visible_task(request, task_id)
        after = _after(request)
        if accepts_event_stream(request):
            # The thread of this request stays until the stream ends; its connection must not.
            connection.close()
            return event_stream(task.pk, after)
        found = events.since(task.pk, after, EVENTS_PER_PAGE)
        more = found[-1]["seq"] if len(found) == EVENTS_PER_PAGE else None
        return Response({"results": found, "next": more})


def _after(request: Request) -> int:
    """`?after=`, or the `Last-Event-ID` that a browser sends when it reconnects by itself."""
    asked = (
        {"after": request.headers["Last-Event-ID"]} if "Last-Event-ID" in request.headers else {}
    )
    query = EventQuery(data=asked or request.query_params.dict())
    query.is_valid(raise_exception=True)
    after: int = query.validated_data["after"]
    return after
