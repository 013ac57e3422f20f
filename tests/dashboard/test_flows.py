"""What people do on the pages of agents, tokens, dead letters and webhooks, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import assert_accessible
from tests.site import Site
from tests.stack import Stack
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.browser

FILLER = "".join(f"<p>Line {number} says nothing of note.</p>" for number in range(150))
QUOTE = "The lighthouse of Amrum is sixty-four metres tall and stands on a dune."
HOME = f"<title>Lighthouses</title><h1>Lighthouses</h1>{FILLER}<p id=tall>{QUOTE}</p>{FILLER}"
BUILD_TIME = 30_000
"""Milliseconds that a small build may take on a busy machine."""

DROP = """files => {
    const data = new DataTransfer();
    for (const [name, length] of files) {
        data.items.add(new File(["The keeper of Sylt was Anna. ".repeat(length)], name));
    }
    return data;
}"""
IN_VIEW = """() => {
    const box = document.getElementById("tall").getBoundingClientRect();
    return scrollY > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""


def drop_files(tab: Page, *files: tuple[str, int]) -> None:
    """Drag files of that many sentences onto the form."""
    tab.locator("[data-drop]").dispatch_event(
        "drop", {"dataTransfer": tab.evaluate_handle(DROP, list(files))}
    )


def test_an_agent_is_built_from_the_form_and_tried_in_the_chat(tab: Page, site: Site) -> None:
    site.pages = {"/": HOME}
    tab.goto("/dashboard/agents/new")
    tab.get_by_label("Addresses").fill("ftp://example.com/")
    tab.keyboard.press("Tab")
    expect(tab.locator("#id_urls_error")).to_contain_text("must start with http")
    tab.get_by_label("Addresses").fill(site.url)
    expect(tab.locator("#id_urls_error")).to_have_count(0)
    drop_files(tab, ("keepers.txt", 20), ("empty.txt", 0))
    expect(tab.locator(".files-item")).to_have_count(2)
    expect(tab.locator(".files-fault").last).to_contain_text("It is empty")
    tab.get_by_role("button", name="Remove empty.txt").press("Enter")
    expect(tab.get_by_role("button", name="Remove keepers.txt")).to_be_focused()
    tab.get_by_label("Name").fill("Coast")
    assert_accessible(tab)
    tab.get_by_role("button", name="Build the agent").click()
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)
    tab.get_by_role("link", name="Open the agent").click()

    question = tab.get_by_role("textbox", name="Question")
    question.fill("Who was the keeper of Sylt?")
    question.press("Enter")
    answers = tab.get_by_role("log").locator(".answer")
    expect(answers.locator(".answer-text")).to_contain_text("Anna")
    question.press("ArrowUp")
    expect(question).to_have_value("Who was the keeper of Sylt?")
    question.fill("How tall is the lighthouse of Amrum?")
    question.press("Enter")
    expect(answers).to_have_count(2)
    last = answers.last
    expect(last.locator(".answer-text")).to_contain_text("sixty-four metres")
    assert_accessible(tab)
    with tab.context.expect_page() as opened:
        last.locator(".citation-link").first.click()
    opened.value.wait_for_function(IN_VIEW)
    opened.value.close()
    starter = tab.locator("[data-starter]").first
    starter.press("Enter")
    expect(answers).to_have_count(3)
    tab.get_by_role("button", name="Clear").click()
    expect(answers).to_have_count(0)


def test_a_token_is_made_copied_used_and_revoked(tab: Page, stack: Stack) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto("/dashboard/tokens/")
    tab.get_by_label("Name").fill("Browser test")
    tab.get_by_role("button", name="Create token").click()
    tab.get_by_role("button", name="Copy token").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    token = tab.evaluate("navigator.clipboard.readText()")
    assert_accessible(tab)
    with stack.client(token) as client:
        assert client.get("/tasks").status_code == 200
        tab.reload()
        expect(tab.get_by_text(token)).to_have_count(0)
        expect(tab.get_by_role("row", name="Browser test")).to_have_count(1)
        tab.get_by_role("button", name="Revoke Browser test").click()
        dialog = tab.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Keep as it is")).to_be_focused()
        tab.keyboard.press("Escape")
        assert client.get("/tasks").status_code == 200
        tab.get_by_role("button", name="Revoke Browser test").click()
        dialog.get_by_role("button", name="Revoke").click()
        expect(tab.get_by_role("row", name="Browser test")).to_contain_text("Revoked")
        assert client.get("/tasks").status_code == 401


def test_a_group_of_dead_letters_is_retried(tab: Page, stack: Stack, site: Site) -> None:
    with stack.client() as client:
        build = {"name": "Back again", "urls": [f"{site.url}/away"]}
        task_id = client.post("/agents", json=build).json()["task_id"]
    tab.goto(f"/dashboard/tasks/{task_id}/")
    expect(tab.locator("[data-state]")).to_have_text("Failed", timeout=BUILD_TIME)
    site.pages = {"/away": HOME}
    tab.goto("/dashboard/dead-letters/")
    assert_accessible(tab)
    tab.locator(".letter-group").first.get_by_role("link").first.click()
    expect(tab.get_by_role("link", name="Back again")).to_be_visible()
    assert_accessible(tab)
    tab.go_back()
    tab.locator(".letter-group").first.get_by_role("button", name=re.compile("Retry")).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Retry")
    assert_accessible(tab)
    tab.get_by_role("button", name=re.compile("^Retry [0-9]+ task")).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Retried")
    tab.goto(f"/dashboard/tasks/{task_id}/")
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)


def test_a_delivery_is_replayed(tab: Page, stack: Stack, site: Site) -> None:
    with Receiver() as receiver, stack.client() as client:
        build = {"urls": [f"{site.url}/away"], "callback_url": receiver.url}
        task_id = client.post("/agents", json=build).json()["task_id"]
        first = receiver.webhooks.get(timeout=BUILD_TIME / 1000)
        tab.goto(f"/dashboard/webhooks/?task={task_id}")
        assert_accessible(tab)
        tab.get_by_role("button", name=re.compile("Replay")).click()
        expect(tab.get_by_role("status")).to_contain_text("made again")
        again = receiver.webhooks.get(timeout=BUILD_TIME / 1000)
        expect(tab.locator("tbody .badge")).to_have_text("Delivered", timeout=BUILD_TIME)
        expect(tab.locator("tbody summary")).to_have_text("2 · HTTP 204", timeout=BUILD_TIME)
    assert (again.path, again.body) == (first.path, first.body)
