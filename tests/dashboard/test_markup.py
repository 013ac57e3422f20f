"""What holds for the markup of every page."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from agents.models import Page
from tests.dashboard import builds
from tests.dashboard.html import page


@pytest.fixture(
    params=[
        *("/login/", "/", "tasks", "agents", "agent", "page", "edit", "delete"),
        *("search", "/dashboard/agents/new", "/dashboard/tokens/"),
        *("/dashboard/tasks/", "/dashboard/dead-letters/", "/dashboard/webhooks/"),
    ]
)
def any_page(
    request: pytest.FixtureRequest, browser_of_staff: Client, staff: User
) -> BeautifulSoup:
    """Each of our pages in turn, with something on it."""
    task = builds.finished(staff)
    source = Page.objects.create(agent=task.agent, url="https://example.com/", position=0)
    paths = {
        "tasks": f"/dashboard/tasks/{task.pk}/",
        "agents": "/dashboard/agents/",
        "agent": f"/dashboard/agents/{task.agent_id}/",
        "page": f"/dashboard/agents/{task.agent_id}/pages/{source.pk}",
        "edit": f"/dashboard/agents/{task.agent_id}/edit",
        "search": f"/dashboard/agents/{task.agent_id}/search?q=lighthouse",
        "delete": f"/dashboard/agents/{task.agent_id}/delete",
    }
    return page(browser_of_staff.get(paths.get(request.param, request.param)))


def test_nothing_is_inline_that_a_strict_content_security_policy_forbids(
    any_page: BeautifulSoup,
) -> None:
    assert any_page.select("style, [style], script:not([src])") == []
    handlers = [name for tag in any_page.find_all(True) for name in tag.attrs if name[:2] == "on"]
    assert handlers == []


def test_every_style_script_and_image_is_there(any_page: BeautifulSoup) -> None:
    for tag in any_page.select("link[href], script[src]"):
        path = str(tag.get("href") or tag.get("src")).removeprefix("/static/")
        assert finders.find(path), path


def test_every_field_has_a_label(any_page: BeautifulSoup) -> None:
    labelled = {label["for"] for label in any_page.select("label[for]")}
    for field in any_page.select("input:not([type=hidden]), select, textarea"):
        assert field.get("id") in labelled or field.get("aria-label") or field.find_parent("label")


def test_a_page_has_one_main_heading_and_a_title_of_its_own(any_page: BeautifulSoup) -> None:
    assert len(any_page.select("h1")) == 1
    assert any_page.title and str(any_page.title.string).endswith(" · AgentForge")


def test_ids_are_unique(any_page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in any_page.select("[id]")]
    assert sorted(set(ids)) == sorted(ids)
