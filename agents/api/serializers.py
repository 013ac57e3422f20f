"""The shapes of the agent API, in both directions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.crawl.results import FetchStatus
from agents.models import AgentRecord, AgentStatus, AgentVersion, Chunk, Page, PageStatus
from agents.params import BuildParams
from tasks.api.strict import Choice, QuerySerializer, StrictSerializer, Text

LINK = "Opens the page at these words in a browser; null for an uploaded document."


class AgentSerializer(serializers.ModelSerializer[AgentRecord]):
    """An agent that can be searched and asked."""

    agent_id = serializers.UUIDField(source="id")
    task_id = serializers.UUIDField(source="build_task_id", allow_null=True)
    refresh_task_id = serializers.UUIDField(
        allow_null=True, help_text="The refresh that was begun last; it may be finished."
    )
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
            "version",
            "refresh_task_id",
            "created_at",
            "updated_at",
        ]


class VersionSerializer(serializers.ModelSerializer[AgentVersion]):
    """One version of an agent's knowledge, and what the task that made it has found."""

    version = serializers.IntegerField(source="number", help_text="From 1, made by the build.")
    task_id = serializers.UUIDField(
        allow_null=True, help_text="What made it; null once that task is not kept any more."
    )
    pages_unchanged = serializers.IntegerField(help_text="With their passages as they were.")
    pages_gone = serializers.IntegerField(
        help_text="Not there, not linked or not allowed any more, and so not in this version."
    )
    pages_read = serializers.IntegerField(
        help_text="Whose text was extracted anew, whatever that has shown."
    )

    class Meta:
        model = AgentVersion
        fields = [
            "version",
            "task_id",
            "created_at",
            "pages_new",
            "pages_changed",
            "pages_unchanged",
            "pages_gone",
            "pages_read",
            "page_count",
            "chunk_count",
            "token_count",
        ]


class RemovalSerializer(serializers.Serializer[Any]):
    """An agent that was deleted and whose rest goes in the background."""

    agent_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[AgentStatus.DELETING.value])


class PageSerializer(serializers.ModelSerializer[Page]):
    """One URL or document of an agent's source, what became of it, and why."""

    page_id = serializers.IntegerField(source="id")
    document_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=PageStatus.choices)
    duplicate_of = serializers.CharField(
        source="duplicate_of.url",
        default=None,
        allow_null=True,
        help_text="The URL of the page that is kept in its place.",
    )
    chunks = serializers.IntegerField(source="chunk_count", help_text="How many passages it gave.")

    class Meta:
        model = Page
        fields = [
            "page_id",
            "url",
            "document_id",
            "final_url",
            "title",
            "status",
            "reason_code",
            "reason",
            "duplicate_of",
            "canonical_url",
            "http_status",
            "content_type",
            "bytes",
            "duration_ms",
            "rendered",
            "chunks",
            "depth",
            "language",
            "published",
            "fetched_at",
            "changed_at",
        ]


class PagesQuery(QuerySerializer):
    """The query string of `GET /agents/{id}/pages`."""

    status = Choice(choices=PageStatus.choices, required=False)


class ChunkSerializer(serializers.ModelSerializer[Chunk]):
    """A passage of a page, as it was cut."""

    chunk_id = serializers.IntegerField(source="id")
    heading_path = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Chunk
        fields = ["chunk_id", "position", "heading_path", "token_count", "text"]


class PageDetailSerializer(PageSerializer):
    """A page, what was extracted from it, and the passages that this was cut into."""

    markdown = serializers.CharField()
    passages = ChunkSerializer(source="chunks", many=True)

    class Meta(PageSerializer.Meta):
        fields = [*PageSerializer.Meta.fields, "description", "markdown", "passages"]


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
    link = serializers.CharField(allow_null=True, help_text=LINK)


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
    link = serializers.CharField(allow_null=True, help_text=LINK)


class AnswerSerializer(serializers.Serializer[Any]):
    """An answer; without citations, the agent does not know."""

    answer = serializers.CharField()
    citations = CitationSerializer(many=True)


class PreviewRequest(BuildParams):
    """`POST /agents/preview`: the parameters of a build from URLs."""

    documents = None  # type: ignore[assignment]  # how DRF takes a field out


class PreviewedPageSerializer(serializers.Serializer[Any]):
    """A page that the preview has fetched, or tried to."""

    url = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in FetchStatus])
    reason_code = serializers.CharField()
    reason = serializers.CharField()
    http_status = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField()
    duration_ms = serializers.IntegerField()


class PreviewedListSerializer(serializers.Serializer[Any]):
    """A sitemap or llms.txt."""

    url = serializers.CharField()
    kind = serializers.ChoiceField(choices=["sitemap", "llms.txt"])
    reason = serializers.CharField(help_text="Why it could not be read; empty if it was.")
    listed = serializers.IntegerField(help_text="How many URLs it lists.")
    in_scope = serializers.IntegerField(help_text="How many of them are pages within the scope.")


class IncludedSerializer(serializers.Serializer[Any]):
    """What a build would fetch."""

    count = serializers.IntegerField()
    samples = serializers.ListField(child=serializers.CharField())


class ExcludedSerializer(serializers.Serializer[Any]):
    """What a build would not have, for one reason."""

    reason_code = serializers.CharField(source="code")
    reason = serializers.CharField(help_text="The reason of the first of them.")
    count = serializers.IntegerField()
    samples = serializers.ListField(child=serializers.CharField())


class CrawlDelaySerializer(serializers.Serializer[Any]):
    """How slowly a site wants to be crawled."""

    origin = serializers.CharField()
    seconds = serializers.FloatField(help_text="Between two requests.")


class PreviewSerializer(serializers.Serializer[Any]):
    """What a build would fetch and leave out, from what a short look has found."""

    complete = serializers.BooleanField(
        help_text="Whether all of the site was seen. Otherwise the counts are those of what was."
    )
    included = IncludedSerializer()
    excluded = ExcludedSerializer(many=True)
    pages = PreviewedPageSerializer(many=True)
    lists = PreviewedListSerializer(many=True)
    crawl_delays = CrawlDelaySerializer(many=True)
