"""Builds of pages that need JavaScript: with a browser, without one, and cancelled."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from agents.models import Page
from agents.steps.reading import read_page
from tasks.programs.process_tree import Process, descendants
from tests.api.answers import error
from tests.crawl.conftest import reply
from tests.crawl.test_scrape_step import Build
from tests.engine.waiting import eventually
from tests.refresh.running import built, changes, refreshed
from tests.rendering.test_rendering import TEXT, shell
from tests.site import Site
from tests.stack import Stack

in_process = pytest.mark.django_db(transaction=True)
HOME = shell(f"root.innerHTML = `<h1>Lighthouses</h1><p>{TEXT}</p><a href='/keepers'>Keepers</a>`")
KEEPERS = shell("root.innerHTML = `<h1>Keepers</h1><p>Each keeper watched for four hours.</p>`")


@pytest.fixture
def build(user: User, site: Site, settings: Any) -> Callable[..., Build]:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = ["127.0.0.1"]
    site.pages |= {"/": HOME, "/keepers": KEEPERS}
    return lambda **params: Build(user, f"{site.url}/", **params)


@in_process
def test_without_a_browser_each_page_that_needs_one_says_so(
    build: Callable[..., Build], settings: Any
) -> None:
    settings.AGENTFORGE_CHROMIUM = "off"
    run = build()
    assert run.scrape() == {"pages": 1, "failed": 0, "skipped": 0}
    page = Page.objects.get()
    assert (page.status, page.reason_code, page.rendered) == ("fetched", "not_rendered", False)
    assert "AGENTFORGE_CHROMIUM" in page.reason
    assert any(line.startswith("1 page needs JavaScript") for line in run.log("warning"))
    read_page(page)
    assert (page.status, page.reason_code) == ("empty", "not_rendered")


@in_process
def test_a_build_that_renders_nothing_says_nothing_of_it(build: Callable[..., Build]) -> None:
    run = build(render="never")
    run.scrape()
    assert run.rows == {"/": ("fetched", "")}
    assert run.log("warning") == []


@pytest.mark.django_db
def test_to_render_every_page_is_refused_where_there_is_no_browser(
    api_client: APIClient, settings: Any
) -> None:
    settings.AGENTFORGE_CHROMIUM = "off"
    body = {"urls": ["https://example.com/"], "render": "always"}
    for address in ("/agents", "/agents/preview"):
        response = api_client.post(address, body, format="json")
        attr, code, sentence = error(response, 400)
        assert (attr, code) == ("render", "no_browser")
        assert "AGENTFORGE_CHROMIUM" in sentence


@pytest.mark.django_db
def test_a_program_that_is_not_there_is_named_by_how_to_get_it(
    api_client: APIClient, settings: Any
) -> None:
    settings.AGENTFORGE_CHROMIUM = "/nowhere/chromium"
    body = {"urls": ["https://example.com/"], "render": "always"}
    assert "apt-get install" in error(api_client.post("/agents", body, format="json"), 400)[2]


@pytest.mark.browser
@in_process
def test_pages_are_found_and_read_as_a_browser_shows_them(build: Callable[..., Build]) -> None:
    run = build()
    assert run.scrape() == {"pages": 2, "failed": 0, "skipped": 0}
    assert run.rows == {"/": ("fetched", ""), "/keepers": ("fetched", "")}
    home = Page.objects.get(position=0)
    assert home.rendered
    assert read_page(home).markdown.startswith("# Lighthouses")


@pytest.mark.browser
@in_process
def test_a_preview_sees_what_scripts_bring(
    api_client: APIClient, build: Callable[..., Build], site: Site
) -> None:
    response = api_client.post("/agents/preview", {"urls": [f"{site.url}/"]}, format="json")
    assert response.json()["included"]["samples"] == [f"{site.url}/", f"{site.url}/keepers"]


@pytest.mark.browser
@in_process
def test_a_refresh_renders_again_and_loses_nothing_while_it_cannot(
    user: User, site: Site, settings: Any
) -> None:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = ["127.0.0.1"]
    loading = shell("fetch('/text').then(r => r.text()).then(t => { root.innerHTML = t })")
    site.pages |= {
        "/": reply(body=loading.encode(), content_type="text/html", etag='"same"'),
        "/text": f"<h1>Lighthouses</h1><p>{TEXT}</p><a href='/keepers'>Keepers</a>",
        "/keepers": KEEPERS,
    }
    agent = built(user, f"{site.url}/")
    site.pages["/text"] = str(site.pages["/text"]).replace("dune", "rock")
    assert changes(refreshed(agent)) == (0, 1, 1, 0, 1)

    settings.AGENTFORGE_CHROMIUM = "off"
    assert changes(refreshed(agent)) == (0, 0, 2, 0, 0)
    home, keepers = agent.pages.order_by("position")
    assert "stands on a rock" in home.markdown
    assert {page.reason_code for page in (home, keepers)} == {"not_refreshed"}
    assert home.rendered


@pytest.mark.browser
def test_a_website_of_scripts_becomes_an_agent_and_cancelling_ends_its_browser(
    stack: Stack, site: Site
) -> None:
    endless = shell("fetch('/started').then(() => { while (true) {} })")
    site.pages |= {"/": HOME, "/keepers": KEEPERS, "/started": "x"}
    with stack.client() as api:
        done = finished(api, submitted(api, site, "/"))
        assert done["state"] == "SUCCESS", done["error_message"]
        found = api.get(f"/agents/{done['agent_id']}/search", params={"q": "watched"}).json()
        assert [passage["url"] for passage in found["results"]] == [f"{site.url}/keepers"]
        eventually(lambda: not browsers())

        site.pages["/endless"] = endless
        task = submitted(api, site, "/endless")
        eventually(lambda: site.requests["/started"], 30)
        assert browsers()
        api.delete(f"/tasks/{task}")
        assert finished(api, task)["state"] == "CANCELLED"
        eventually(lambda: not browsers())


def submitted(api: httpx.Client, site: Site, path: str) -> str:
    response = api.post("/agents", json={"urls": [f"{site.url}{path}"]})
    assert response.status_code == 202, response.text
    return str(response.json()["task_id"])


def finished(api: httpx.Client, task: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = api.get(f"/tasks/{task}").json()
        return found if found["state"] not in ("QUEUED", "RUNNING") else None

    return eventually(ended, 60)


def browsers() -> list[Process]:
    """The processes of browsers that workers below this one have started."""
    return [process for process in descendants(os.getpid()) if _is_browser(process.pid)]


def _is_browser(pid: int) -> bool:
    with suppress(OSError):
        return b"agentforge-browser-" in Path(f"/proc/{pid}/environ").read_bytes()
    return False
