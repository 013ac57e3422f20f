"""The shapes of the agent API, in both directions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.models import AgentRecord, Page, PageStatus
from tasks.api.strict import QuerySerializer, StrictSerializer, Text


class AgentSerializer(serializers.ModelSerializer[AgentRecord]):
    """An agent that can be searched and asked."""

    agent_id = serializers.UUIDField(source="id")
    task_id = serializers.UUIDField(source="build_task_id", allow_null=True)
    starter_questions = serializers.ListField(child=serializers.CharField())
    source = serializers.DictField()  # type: ignore[assignment]  # not Field.source

    class Meta:
        model = AgentRecord
        fields = [
            "agent_id",
            "task_id",
            "name",
            "description",
            "system_prompt",
            "starter_questions",
            "provider",
            "provider_agent_id",
            "page_count",
            "chunk_count",
            "token_count",
            "source",
            "created_at",
            "updated_at",
        ]


class PageSerializer(serializers.ModelSerializer[Page]):
    """One URL or document of an agent's source, what became of it, and why."""

    document_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=PageStatus.choices)

    class Meta:
        model = Page
        fields = [
            "url",
            "document_id",
            "final_url",
            "title",
            "status",
            "reason_code",
            "reason",
            "http_status",
            "content_type",
            "bytes",
            "duration_ms",
            "depth",
            "language",
            "fetched_at",
        ]


class SearchQuery(QuerySerializer):
    """The query string of `GET /agents/{id}/search`."""

    # A longer one may not fit into the request line that the web server accepts.
    q = serializers.CharField(max_length=1000)
    limit = serializers.IntegerField(min_value=1, max_value=50, default=5)


class PassageSerializer(serializers.Serializer[Any]):
    """A passage that a search found."""

    text = serializers.CharField()
    url = serializers.CharField()
    title = serializers.CharField()
    heading_path = serializers.ListField(child=serializers.CharField())
    score = serializers.FloatField()
    chunk_id = serializers.IntegerField()


class SearchResults(serializers.Serializer[Any]):
    """`GET /agents/{id}/search`, best first."""

    results = PassageSerializer(many=True)


class Question(StrictSerializer):
    """`POST /agents/{id}/ask`."""

    question = Text(max_length=20_000)


class CitationSerializer(serializers.Serializer[Any]):
    """Where a part of an answer stands, with the exact words."""

    url = serializers.CharField()
    title = serializers.CharField()
    heading_path = serializers.ListField(child=serializers.CharField())
    quote = serializers.CharField()
    chunk_id = serializers.IntegerField()


class AnswerSerializer(serializers.Serializer[Any]):
    """An answer; without citations, the agent does not know."""

    answer = serializers.CharField()
    citations = CitationSerializer(many=True)
