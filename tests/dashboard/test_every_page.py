"""Every page in a real browser: accessible, within its policy, and without another host."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser import assert_accessible, watched_tab
from tests.site import Site
from tests.stack import Stack

pytestmark = pytest.mark.browser

NAME = f"Amrum {'Leuchtturm' * 8}"
"""As long as a word gets."""
HOME = "<title>Lighthouses</title><h1>Lighthouses</h1><p>The lighthouse of Amrum is very tall.</p>"


@pytest.fixture(scope="module")
def paths(stack: Stack) -> dict[str, str]:
    """The addresses of a finished build and of its agent."""
    with Site() as site, stack.client() as client:
        site.pages = {"/": HOME}
        task_id = client.post("/agents", json={"name": NAME, "urls": [site.url]}).json()["task_id"]
        with client.stream(
            "GET", f"/tasks/{task_id}/events", headers={"Accept": "text/event-stream"}
        ) as events:
            events.read()
        agent_id = client.get(f"/tasks/{task_id}").json()["agent_id"]
    agent = f"/dashboard/agents/{agent_id}/"
    return {
        "task": f"/dashboard/tasks/{task_id}/",
        "agent": agent,
        "search": f"{agent}search?q=lighthouse",
    }


OURS = ["/", "/dashboard/tasks/", "task", "/dashboard/agents/", "agent", "/dashboard/agents/new"]
OURS += ["search", "/dashboard/tokens/", "/dashboard/dead-letters/", "/dashboard/webhooks/"]


@pytest.mark.parametrize("path", [*OURS, "/guide/"])
def test_a_page_of_ours_is_accessible(tab: Page, paths: dict[str, str], path: str) -> None:
    tab.goto(paths.get(path, path), wait_until="networkidle")
    assert_accessible(tab)


@pytest.mark.parametrize("path", OURS)
def test_nothing_stands_beyond_a_narrow_screen(tab: Page, paths: dict[str, str], path: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(paths.get(path, path), wait_until="networkidle")
    tab.locator("details").evaluate_all("(all) => all.forEach((each) => (each.open = true))")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


FOREIGN = ["/docs", "/admin/", "/admin/tasks/taskstate/", "/admin/tasks/taskstate/?state=FAILED"]


@pytest.mark.parametrize("path", FOREIGN)
def test_a_page_that_others_draw_keeps_to_the_policy(tab: Page, path: str) -> None:
    response = tab.goto(path, wait_until="networkidle")
    assert response and response.status == 200


def test_whatever_breaks_a_rule_is_noticed(staff_browser: BrowserContext) -> None:
    with (
        pytest.raises(AssertionError, match="Content Security Policy"),
        watched_tab(staff_browser) as tab,
    ):
        tab.goto("/guide/")
        tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">Red')")
        tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"/x\">')")
        with pytest.raises(AssertionError, match="image-alt"):
            assert_accessible(tab)
