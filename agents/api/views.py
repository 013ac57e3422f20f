"""The agent API: fetch, authorise, one verb, respond."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents import editing, params, removal
from agents.api.builds import BuildRequest, BuildUpload, read_build
from agents.api.multipart import MultiPartParser
from agents.api.serializers import (
    AgentSerializer,
    AnswerSerializer,
    PageDetailSerializer,
    PageSerializer,
    PagesQuery,
    PassageSerializer,
    Question,
    RemovalSerializer,
    SearchQuery,
    SearchResults,
)
from agents.changes import AgentChanges
from agents.models import AgentRecord, AgentStatus, Page
from agents.providers.base import ProviderError
from agents.providers.registry import UnknownProvider, provider
from tasks.api.errors import BadGateway
from tasks.api.pagination import NewestFirst
from tasks.api.parsers import JSONParser
from tasks.api.schema import FORBIDDEN_ACT, refusal
from tasks.api.serializers import SubmissionFields
from tasks.api.submission import submit
from tasks.api.throttles import SubmitThrottle
from tasks.api.views import IDEMPOTENCY_KEY, SUBMITTED

NO_SUCH_AGENT = "There is no such agent. Check the agent_id."
NO_SUCH_PAGE = "The agent has no such page. Check the page_id."
PROVIDER_FAILED = refusal("The agent's provider failed; the sentence says how.")


def visible_agent(request: Request, agent_id: UUID) -> AgentRecord:
    """The agent, if it is ready and the caller may see it.

    Raises:
        NotFound: there is none, or it is somebody else's, which must look the same.
    """
    agent = AgentRecord.objects.visible_to(request.user).ready().filter(pk=agent_id).first()
    if agent is None:
        raise NotFound(NO_SUCH_AGENT)
    return agent


class AgentListView(generics.ListAPIView[AgentRecord]):
    """`GET /agents` and `POST /agents`."""

    serializer_class = AgentSerializer
    parser_classes = [JSONParser, MultiPartParser]
    pagination_class = NewestFirst
    throttle_classes = [SubmitThrottle]

    def get_queryset(self) -> QuerySet[AgentRecord]:
        return AgentRecord.objects.visible_to(self.request.user).ready()

    @extend_schema(operation_id="agents_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="agents_build",
        request={"application/json": BuildRequest, "multipart/form-data": BuildUpload},
        responses=SUBMITTED,
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        sent = read_build(request)
        options = SubmissionFields().fields.keys()
        build = {name: value for name, value in sent.items() if name not in options}
        return submit(request, params.WORKFLOW, build, sent)


class AgentView(APIView):
    """`GET /agents/{id}`, `PATCH /agents/{id}` and `DELETE /agents/{id}`."""

    @extend_schema(operation_id="agents_get", responses=AgentSerializer)
    def get(self, request: Request, agent_id: UUID) -> Response:
        return Response(AgentSerializer(visible_agent(request, agent_id)).data)

    @extend_schema(
        operation_id="agents_change",
        request=AgentChanges,
        responses={200: AgentSerializer, 403: FORBIDDEN_ACT, 502: PROVIDER_FAILED},
    )
    def patch(self, request: Request, agent_id: UUID) -> Response:
        body = AgentChanges(data=request.data)
        body.is_valid(raise_exception=True)
        agent = visible_agent(request, agent_id)
        with _errors():
            agent = editing.edit(agent.pk, body.validated_data, by=request.user)
        return Response(AgentSerializer(agent).data)

    @extend_schema(
        operation_id="agents_delete",
        responses={
            204: OpenApiResponse(description="Nothing is left of the agent."),
            202: OpenApiResponse(
                RemovalSerializer, "The agent is gone; the rest of it goes in the background."
            ),
            403: FORBIDDEN_ACT,
        },
    )
    def delete(self, request: Request, agent_id: UUID) -> Response:
        agent = visible_agent(request, agent_id)
        with _errors():
            removal.delete(agent.pk, by=request.user)
        if removal.remove(agent.pk):
            return Response(status=status.HTTP_204_NO_CONTENT)
        # Not read again: the clean-up may just have removed the last of it.
        told = {"agent_id": agent.pk, "status": AgentStatus.DELETING}
        return Response(RemovalSerializer(told).data, status=status.HTTP_202_ACCEPTED)


class PagePagination(NewestFirst):
    """In the order in which the pages were found."""

    ordering = ("position",)


class AgentPagesView(generics.ListAPIView[Page]):
    """`GET /agents/{id}/pages`."""

    serializer_class = PageSerializer
    pagination_class = PagePagination

    def get_queryset(self) -> QuerySet[Page]:
        agent = visible_agent(self.request, self.kwargs["agent_id"])
        pages = agent.pages.filter(**PagesQuery.of(self.request))
        return pages.with_chunk_count().select_related("duplicate_of")

    @extend_schema(operation_id="agents_pages", parameters=[PagesQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class AgentPageView(APIView):
    """`GET /agents/{id}/pages/{page_id}`."""

    @extend_schema(operation_id="agents_page", responses=PageDetailSerializer)
    def get(self, request: Request, agent_id: UUID, page_id: int) -> Response:
        pages = visible_agent(request, agent_id).pages.filter(pk=page_id).with_chunk_count()
        related = pages.select_related("duplicate_of", "content").prefetch_related("chunks")
        page = related.first()
        if page is None:
            raise NotFound(NO_SUCH_PAGE)
        return Response(PageDetailSerializer(page).data)


class AgentSearchView(APIView):
    """`GET /agents/{id}/search`."""

    @extend_schema(
        operation_id="agents_search",
        parameters=[SearchQuery],
        responses={200: SearchResults, 502: PROVIDER_FAILED},
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        query = SearchQuery.of(request)
        agent = visible_agent(request, agent_id)
        with _errors():
            hits = provider(agent.provider).search(
                agent.provider_agent_id, query["q"], query["limit"]
            )
        return Response({"results": PassageSerializer(hits, many=True).data})


class AgentAskView(APIView):
    """`POST /agents/{id}/ask`."""

    @extend_schema(
        operation_id="agents_ask",
        request=Question,
        responses={200: AnswerSerializer, 502: PROVIDER_FAILED},
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        body = Question(data=request.data)
        body.is_valid(raise_exception=True)
        agent = visible_agent(request, agent_id)
        with _errors():
            answer = provider(agent.provider).ask(
                agent.provider_agent_id, body.validated_data["question"]
            )
        return Response(AnswerSerializer(answer).data)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except AgentRecord.DoesNotExist as error:
        raise NotFound(NO_SUCH_AGENT) from error
    except (ProviderError, UnknownProvider) as error:
        raise BadGateway(str(error)) from error
