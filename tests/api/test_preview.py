"""`POST /agents/preview`: what a scope would include, and what not, after a short look."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents import preview
from agents.api.preview import PreviewThrottle
from agents.crawl.preview import PreviewLimits
from agents.models import AgentRecord
from tasks.models import TaskState
from tests.api.answers import error
from tests.crawl.conftest import hang_until, reply
from tests.crawl.crawling import links
from tests.site import Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = ["127.0.0.1"]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def look(client: APIClient, url: str, **params: Any) -> dict[str, Any]:
    response = client.post("/agents/preview", {"urls": [url], **params}, format="json")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def counts(body: dict[str, Any]) -> dict[str, int]:
    return {group["reason_code"]: group["count"] for group in body["excluded"]}


def test_a_preview_says_what_a_build_would_fetch_and_leave_out(
    api_client: APIClient, site: Site
) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /docs/secret\nCrawl-delay: 0.01",
        "/docs/": links(
            "a", "missing", "secret", "x.zip", "old/1", "/blog/", "http://other.example/"
        ),
        "/docs/a": links("b"),
        "/docs/b": "<p>b</p>",
        "/sitemap.xml": "<urlset>"
        + f"<url><loc>{site.url}/docs/listed</loc></url><url><loc>{site.url}/shop</loc></url>"
        + "</urlset>",
        "/docs/listed": "<p>listed</p>",
    }
    body = look(api_client, f"{site.url}/docs/", exclude=["*/old/*"])
    assert body["complete"] is True
    assert body["included"] == {
        "count": 4,
        "samples": [f"{site.url}/docs/{name}" for name in ("", "a", "b", "listed")],
    }
    assert counts(body) == {
        "out_of_scope": 3,
        "not_a_page": 1,
        "excluded": 1,
        "robots": 1,
        "http_404": 1,
    }
    outside = next(group for group in body["excluded"] if group["reason_code"] == "out_of_scope")
    assert outside["samples"][-1] == f"{site.url}/shop"
    assert outside["reason"] == "It is outside the directories of the start URLs."
    assert body["crawl_delays"] == [{"origin": site.url, "seconds": 0.01}]
    sitemap = next(entry for entry in body["lists"] if entry["reason"] == "")
    assert sitemap == {
        "url": f"{site.url}/sitemap.xml",
        "kind": "sitemap",
        "reason": "",
        "listed": 2,
        "in_scope": 1,
    }
    first = body["pages"][0]
    assert (first["url"], first["status"], first["http_status"]) == (
        f"{site.url}/docs/",
        "fetched",
        200,
    )
    assert first["bytes"] == len(site.pages["/docs/"])  # type: ignore[arg-type]
    assert site.requests["/docs/secret"] == site.requests["/blog/"] == 0


def test_a_preview_of_a_large_site_fetches_little_and_says_so(
    api_client: APIClient, site: Site
) -> None:
    pages = {f"/{n}": "<p>x</p>" for n in range(100)}
    site.pages |= {"/": links(*pages), **pages}
    body = look(api_client, f"{site.url}/", max_pages=30)
    assert body["complete"] is False
    assert body["included"]["count"] == 30
    assert counts(body) == {"max_pages": 71}
    assert len(body["pages"]) == preview.LIMITS.pages
    assert sum(path in site.pages for path in site.requests) == preview.LIMITS.pages


def test_the_reach_is_previewed(api_client: APIClient, site: Site) -> None:
    site.pages |= {"/docs/": links("/blog"), "/blog": "<p>blog</p>"}
    assert look(api_client, f"{site.url}/docs/")["included"]["count"] == 1
    assert look(api_client, f"{site.url}/docs/", scope="host")["included"]["count"] == 2


def test_a_slow_site_is_not_waited_for(
    api_client: APIClient, site: Site, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "LIMITS", PreviewLimits(seconds=0.5))
    site.pages |= {"/": links("/slow", "/a"), "/slow": hang_until(release), "/a": "<p>a</p>"}
    started = time.monotonic()
    body = look(api_client, f"{site.url}/")
    assert time.monotonic() - started < 5
    assert body["included"]["samples"][:1] == [f"{site.url}/"]


def test_the_bytes_of_a_preview_are_bounded(
    api_client: APIClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "LIMITS", PreviewLimits(bytes=100))
    site.pages |= {"/": links("/a") + "x" * 200, "/a": links("/b"), "/b": "<p>b</p>"}
    body = look(api_client, f"{site.url}/")
    assert body["complete"] is False


def test_a_site_that_answers_with_an_error_is_told(api_client: APIClient, site: Site) -> None:
    site.pages["/"] = reply(500)
    body = look(api_client, f"{site.url}/")
    assert body["included"] == {"count": 0, "samples": []}
    assert counts(body) == {"http_500": 1}


def test_a_preview_stores_nothing(api_client: APIClient, site: Site) -> None:
    site.pages["/"] = "<p>home</p>"
    look(api_client, f"{site.url}/")
    assert not AgentRecord.objects.exists()
    assert not TaskState.objects.exists()


@pytest.mark.usefixtures("nothing_private")
def test_a_private_address_is_refused_as_by_a_build(api_client: APIClient, site: Site) -> None:
    response = api_client.post("/agents/preview", {"urls": [site.url]}, format="json")
    assert error(response, 400)[:2] == ("urls.0", "private_address")
    assert not site.requests


def test_a_name_of_a_private_address_is_not_fetched(
    api_client: APIClient, site: Site, settings: Any
) -> None:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = []
    site.pages["/"] = "<p>home</p>"
    body = look(api_client, site.url.replace("127.0.0.1", "localtest.invalid"))
    assert counts(body) == {"dns_error": 1}


@pytest.mark.parametrize(
    ("params", "attr", "code"),
    [
        ({"urls": []}, "urls", "required"),
        ({"urls": ["ftp://x/"]}, "urls.0", "scheme"),
        ({"urls": ["https://example.com:25/"]}, "urls.0", "blocked_port"),
        ({"urls": ["https://example.com/"], "scope": "galaxy"}, "scope", "invalid_choice"),
        ({"urls": ["https://example.com/"], "priority": "high"}, "priority", "unknown_field"),
    ],
)
def test_a_bad_preview_is_refused_by_its_field(
    api_client: APIClient, params: dict[str, Any], attr: str, code: str
) -> None:
    response = api_client.post("/agents/preview", params, format="json")
    assert error(response, 400)[:2] == (attr, code)


def test_previews_need_a_user() -> None:
    assert APIClient().post("/agents/preview", {}, format="json").status_code == 401


@pytest.mark.usefixtures("valkey")
def test_previews_are_counted_apart_from_submissions(
    api_client: APIClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.cache import cache

    monkeypatch.setattr(PreviewThrottle, "THROTTLE_RATES", {"preview": "1/hour"})
    site.pages["/"] = "<p>home</p>"
    look(api_client, f"{site.url}/")
    again = api_client.post("/agents/preview", {"urls": [site.url]}, format="json")
    cache.clear()
    assert error(again, 429)[1] == "throttled"
    assert int(again["Retry-After"]) >= 1
