"""`POST /agents/{id}/refresh` and `GET /agents/{id}/versions`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.serializers import VersionSerializer
from agents.api.views import NO_SUCH_AGENT, visible_agent
from agents.models import AgentRecord, AgentVersion
from agents.refresh.request import CannotRefresh, refresh
from tasks.api.errors import Conflict
from tasks.api.pagination import NewestFirst
from tasks.api.schema import FORBIDDEN_ACT, refusal
from tasks.api.serializers import SubmissionFields
from tasks.api.submission import idempotency_key, submitted
from tasks.api.throttles import SubmitThrottle
from tasks.api.views import IDEMPOTENCY_KEY, SUBMITTED


class AgentRefreshView(APIView):
    """`POST /agents/{id}/refresh`."""

    throttle_classes = [SubmitThrottle]

    @extend_schema(
        operation_id="agents_refresh",
        request=SubmissionFields,
        responses={
            **SUBMITTED,
            403: FORBIDDEN_ACT,
            409: refusal(
                "A refresh of the agent is under way, it was built from documents alone, or the "
                "idempotency key was used with another request."
            ),
        },
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        body = SubmissionFields(data=request.data)
        body.is_valid(raise_exception=True)
        options = body.validated_data
        agent = visible_agent(request, agent_id)
        try:
            submission = refresh(
                agent.pk,
                request.user,
                idempotency_key=idempotency_key(request, options),
                priority=options["priority"],
                callback_url=options["callback_url"],
            )
        except AgentRecord.DoesNotExist as error:
            raise NotFound(NO_SUCH_AGENT) from error
        except CannotRefresh as error:
            raise Conflict(str(error), code=error.code) from error
        return submitted(request, submission)


class VersionPagination(NewestFirst):
    """The latest first."""

    ordering = ("-number",)


class AgentVersionsView(generics.ListAPIView[AgentVersion]):
    """`GET /agents/{id}/versions`."""

    serializer_class = VersionSerializer
    pagination_class = VersionPagination

    def get_queryset(self) -> QuerySet[AgentVersion]:
        return visible_agent(self.request, self.kwargs["agent_id"]).versions.all()

    @extend_schema(operation_id="agents_versions")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
