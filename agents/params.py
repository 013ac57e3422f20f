"""The parameters of a build: one check for the API, the form, the command line and the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from agents.crawl.rendering.rendering import Render
from agents.crawl.scope import Reach
from agents.crawl.urls import InvalidURL, normalize_url
from agents.models import NAME_LENGTH
from agents.providers.registry import provider_names
from agents.rendering import why_not
from tasks.api.strict import BoundedList, Choice, StrictSerializer, Text, checked
from tasks.outbound.guard import AddressGuard, BlockedAddress

WORKFLOW = "build-agent"
NOTHING_TO_READ = "Name at least one URL to start at, or one document."


class StartURL(Text):
    """A URL to start at, normalized: http or https, public, a page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2048, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            url = normalize_url(text)
            AddressGuard(settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE).check_url(url)
        except InvalidURL as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
        except BlockedAddress as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
        return url


class DocumentId(serializers.UUIDField):
    """The id of an uploaded document, as text."""

    def to_internal_value(self, data: Any) -> str:  # type: ignore[override]
        return str(super().to_internal_value(data))


class BuildParams(StrictSerializer):
    """What a build may be told: at least one URL, or one document."""

    name = Text(
        max_length=NAME_LENGTH,
        allow_blank=True,
        default="",
        help_text="Left out or empty, the site's title is used.",
    )
    urls = BoundedList(
        child=StartURL(),
        max_length=settings.AGENTFORGE_MAX_URLS,
        default=list,
        error_messages={
            "max_length": "At most {max_length} URLs may be given. Start at a page that links to "
            "the others, and raise max_pages.",
        },
    )
    documents = BoundedList(
        child=DocumentId(),
        max_length=settings.AGENTFORGE_MAX_DOCUMENTS,
        default=list,
        help_text="The document_id of each uploaded document.",
        error_messages={"max_length": "At most {max_length} documents may be given."},
    )
    max_pages = serializers.IntegerField(
        min_value=1,
        max_value=settings.AGENTFORGE_MAX_PAGES,
        default=settings.AGENTFORGE_DEFAULT_PAGES,
    )
    max_depth = serializers.IntegerField(
        min_value=0,
        max_value=settings.AGENTFORGE_MAX_DEPTH,
        default=settings.AGENTFORGE_DEFAULT_DEPTH,
        help_text="How many links deep below a start URL.",
    )
    scope = Choice(
        choices=[reach.value for reach in Reach],
        default=Reach.PATH.value,
        help_text="How far around a start URL pages may be: in its directory, on its host, or also "
        "on subdomains of it.",
    )
    render = Choice(
        choices=[when.value for when in Render],
        default=Render.AUTO.value,
        help_text="Which pages are read as a browser shows them, once their scripts have run: "
        "those without content of their own, none, or all.",
    )
    include = BoundedList(child=Text(max_length=500), max_length=50, default=list)
    exclude = BoundedList(child=Text(max_length=500), max_length=50, default=list)
    provider = Text(default="local")

    def faults_of(self, data: Any) -> dict[str, list[ErrorDetail]]:
        faults = super().faults_of(data)
        if isinstance(data, Mapping) and data.get("urls", []) == [] and not data.get("documents"):
            faults["urls"] = [ErrorDetail(NOTHING_TO_READ, code="required")]
        return faults

    def validate_documents(self, ids: list[str]) -> list[str]:
        """Each document once, in the order given."""
        return list(dict.fromkeys(ids))

    def validate_urls(self, urls: list[str]) -> list[str]:
        """Each URL once, in the order given."""
        return list(dict.fromkeys(urls))

    def validate_render(self, when: str) -> str:
        if when == Render.ALWAYS and (reason := why_not()):
            raise serializers.ValidationError(
                f"No page can be rendered here. {reason} Or choose auto or never.",
                code="no_browser",
            )
        return when

    def validate_provider(self, name: str) -> str:
        if name not in provider_names():
            known = ", ".join(provider_names())
            raise serializers.ValidationError(
                f"There is no provider {name!r}. Known providers: {known}.", code="unknown_provider"
            )
        return name


def clean(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters, checked, normalized and with their defaults. Cleaning twice changes nothing.

    Raises:
        InvalidParams: sentences by field path.
    """
    return checked(BuildParams(data=params))


def subject(params: dict[str, Any]) -> str:
    """What a list of tasks shows: the agent's name, or where it starts."""
    if params["name"]:
        return str(params["name"])
    documents = len(params.get("documents", ()))
    if not params["urls"]:
        return "1 document" if documents == 1 else f"{documents} documents"
    first, *others = params["urls"]
    more = len(others) + documents
    return f"{first} and {more} more" if more else str(first)
