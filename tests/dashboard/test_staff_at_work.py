"""The overview and the list of tasks in a real browser, with keys and without a connection."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import assert_accessible
from tests.stack import Stack

pytestmark = pytest.mark.browser

ENDS = 30_000
"""Milliseconds that a task may take to fail on a busy machine."""
FAILED = "/dashboard/tasks/?workflow=test-hopeless"


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx.Client]:
    """The API as staff call it."""
    with stack.client() as client:
        yield client


@pytest.fixture(scope="module")
def failures(api: httpx.Client) -> list[str]:
    """Three tasks that have failed, by their ids."""
    body = {"workflow": "test-hopeless", "params": {}}
    ids = [api.post("/tasks", json=body).json()["task_id"] for _ in range(3)]
    for task_id in ids:
        with api.stream(
            "GET", f"/tasks/{task_id}/events", headers={"Accept": "text/event-stream"}
        ) as events:
            events.read()
    return ids


def test_the_list_is_worked_with_keys(tab: Page, failures: list[str]) -> None:
    tab.goto(FAILED)
    rows = tab.locator("[data-task-list] tbody tr")
    expect(tab.get_by_role("button", name="Retry…")).to_be_disabled()
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog")).to_be_visible()
    assert_accessible(tab)
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_be_hidden()
    tab.keyboard.press("j")
    expect(rows.nth(0).locator(".task-link")).to_be_focused()
    tab.keyboard.press("j")
    expect(rows.nth(1).locator(".task-link")).to_be_focused()
    tab.keyboard.press("k")
    expect(rows.nth(0).locator(".task-link")).to_be_focused()
    tab.keyboard.press("x")
    expect(tab.locator("[data-selected]")).to_have_text("1 selected")
    tab.keyboard.press("r")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Retry 1 task?")
    tab.goto(FAILED)
    tab.keyboard.press("/")
    expect(tab.get_by_placeholder("Name, address, error or id")).to_be_focused()
    tab.keyboard.type("jk")
    expect(tab.get_by_placeholder("Name, address, error or id")).to_have_value("jk")
    tab.keyboard.press("Tab")
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-state]")).to_have_text("Failed")


def test_keys_can_be_turned_off(tab: Page, failures: list[str]) -> None:
    tab.goto(FAILED)
    tab.get_by_role("button", name="Keys").click()
    tab.get_by_label("Use these keys in this browser").uncheck()
    tab.get_by_role("button", name="Close").click()
    tab.reload()
    tab.keyboard.press("j")
    expect(tab.locator(".task-link:focus")).to_have_count(0)
    tab.evaluate("localStorage.clear()")


def test_all_that_match_are_retried_in_bulk(
    tab: Page, api: httpx.Client, failures: list[str]
) -> None:
    tab.goto(f"{FAILED}&state=FAILED")
    before = [api.get(f"/tasks/{task_id}").json()["run"] for task_id in failures]
    tab.get_by_label("All that match").check()
    expect(tab.locator("[data-selected]")).to_have_text("All")
    tab.get_by_role("button", name="Retry…").click()
    heading = tab.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Retry ")
    assert_accessible(tab)
    tab.get_by_role("main").get_by_role("button", name="Retry").click()
    expect(heading).to_contain_text("Retried ", timeout=ENDS)
    after = [api.get(f"/tasks/{task_id}").json()["run"] for task_id in failures]
    assert after == [run + 1 for run in before]


@pytest.fixture
def waiting(api: httpx.Client) -> Iterator[list[str]]:
    """Three tasks that end only when they are cancelled, by their ids."""
    body = {"workflow": "test-wait", "params": {}, "priority": "low"}
    ids = [api.post("/tasks", json=body).json()["task_id"] for _ in range(3)]
    yield ids
    for task_id in ids:
        api.delete(f"/tasks/{task_id}")


def test_a_selection_of_many_is_cancelled_request_by_request(tab: Page, waiting: list[str]) -> None:
    tab.goto("/dashboard/tasks/?workflow=test-wait")
    for task_id in waiting:
        tab.locator(f"[name=id][value='{task_id}']").check()
    expect(tab.locator("[data-selected]")).to_have_text("3 selected")
    tab.get_by_role("button", name="Cancel…").click()
    tab.get_by_role("button", name="Cancel 3 tasks").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Cancelled 3 tasks", timeout=ENDS)
    tab.get_by_role("link", name="Back to the tasks").click()
    for task_id in waiting:
        badge = tab.locator(f"#task-{task_id} .badge")
        expect(badge).to_have_text("Cancelled", timeout=ENDS)


def test_the_overview_says_that_the_connection_is_lost_and_goes_on_when_it_is_back(
    tab: Page, staff_browser: BrowserContext, api: httpx.Client, failures: list[str]
) -> None:
    tab.goto("/")
    said = tab.locator("[data-link-state]")
    expect(said).to_have_text("Live", timeout=ENDS)
    expect(tab.locator("[data-chart] canvas")).to_have_count(2)
    assert_accessible(tab)
    staff_browser.set_offline(True)
    expect(said).to_have_text("Connection lost, reconnecting…", timeout=ENDS)
    task_id = api.post("/tasks", json={"workflow": "test-wait", "params": {}}).json()["task_id"]
    staff_browser.set_offline(False)
    expect(said).to_have_text("Live", timeout=ENDS)
    expect(tab.locator(f"#now-{task_id}")).to_be_visible(timeout=ENDS)
    api.delete(f"/tasks/{task_id}")
    expect(tab.locator(f"#now-{task_id}")).to_have_count(0, timeout=ENDS)


def test_the_log_is_filtered(tab: Page, failures: list[str]) -> None:
    tab.goto(f"/dashboard/tasks/{failures[0]}/")
    lines = tab.locator(".log-line:visible")
    tab.get_by_label("Filter the log").fill("started")
    expect(lines.first).to_contain_text("Started")
    expect(tab.locator(".log-line:visible", has_text="Submitted.")).to_have_count(0)
    tab.get_by_label("Filter the log").fill("")
    expect(tab.locator(".log-line:visible", has_text="Submitted.")).to_have_count(1)
