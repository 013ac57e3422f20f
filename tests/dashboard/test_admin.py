"""The admin in a real browser: filter, act, and find who did it; accessible, and by the policy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import assert_accessible
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def task_id(stack: Stack) -> str:
    """A task that has failed."""
    with stack.client() as client:
        answer = client.post("/tasks", json={"workflow": "test-hopeless", "params": {}})
        made: str = answer.json()["task_id"]
        client.get(f"/tasks/{made}/events", headers={"Accept": "text/event-stream"}, timeout=60)
        assert client.get(f"/tasks/{made}").json()["state"] == "FAILED"
    return made


def test_a_task_is_found_retried_and_the_trail_says_by_whom(tab: Page, task_id: str) -> None:
    tab.goto("/admin/")
    assert_accessible(tab)
    tab.get_by_role("link", name=re.compile("dead letters$")).first.click()
    expect(tab.locator("#result_list")).to_be_visible()
    tab.goto("/admin/tasks/taskstate/")
    assert_accessible(tab)
    tab.locator("#changelist-filter").get_by_role("link", name="Failed", exact=True).click()
    expect(tab).to_have_url(re.compile("state__exact=FAILED"))
    tab.locator(f"#result_list a[href*='{task_id}']").click()
    tab.get_by_role("button", name="Retry from where it stopped").click()
    expect(tab.locator(".messagelist")).to_contain_text("The task goes on where it stopped.")
    expect(tab.locator(".acts li").first).to_contain_text("Retried by staff")
    tab.locator(".field-acts").get_by_role("link", name="All of it").click()
    expect(tab.locator("#result_list .field-source")).to_have_text("Admin")
    expect(tab.locator("#result_list .field-actor")).to_have_text("staff")
    assert_accessible(tab)
