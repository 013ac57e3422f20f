"""The pages in a real browser, before a real worker: what moves, and what survives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Event

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import watched_tab
from tests.site import Handler, Site, answer
from tests.stack import Stack

pytestmark = pytest.mark.browser

PARAGRAPH = (
    "<p>The lighthouse of Amrum stands on a dune and is sixty-four metres tall. "
    "It was lit for the first time in the year 1875, and its beam reaches forty kilometres.</p>"
)
HOME = f"<title>Lighthouses</title><h1>Lighthouses</h1>{PARAGRAPH}<a href='slow'>More</a>"
SLOW = "<title>Keepers</title><h1>Keepers</h1><p>Each keeper watched for four hours a night.</p>"
BUILD_TIME = 30_000
"""Milliseconds that a build of two pages may take on a busy machine."""


class Gate:
    """A page that is served once the test lets it."""

    def __init__(self) -> None:
        self._open = Event()
        self.let_through = self._open.set

    def __call__(self, handler: Handler) -> None:
        self._open.wait(20)
        answer(handler, SLOW)


@pytest.fixture
def gate(site: Site) -> Iterator[Gate]:
    """The second page of `site`, which holds a build in its second step until it is let through."""
    gate = Gate()
    site.pages = {"/": HOME, "/slow": gate}
    yield gate
    gate.let_through()


def start_build(tab: Page, site: Site, name: str) -> None:
    """Fill in the form, and stand on the page of the build."""
    tab.goto("/dashboard/agents/new")
    tab.get_by_label("Addresses").fill(site.url)
    tab.get_by_label("Name").fill(name)
    tab.get_by_role("button", name="Build the agent").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(name)


def held_in_scrape(tab: Page) -> None:
    """Wait until the build stands at the page that is not let through."""
    expect(tab.locator("[data-step=scrape] [data-step-count]")).to_have_text(
        "1 of 2", timeout=BUILD_TIME
    )


def test_a_build_is_watched_to_its_end_in_two_windows(
    tab: Page, staff_browser: BrowserContext, site: Site, gate: Gate
) -> None:
    start_build(tab, site, "Lighthouses")
    with watched_tab(staff_browser) as other:
        other.goto(tab.url)
        held_in_scrape(other)
        gate.let_through()
        for window in (tab, other):
            expect(window.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)


def test_a_build_is_watched_to_its_end_and_its_agent_is_asked(
    tab: Page, site: Site, gate: Gate
) -> None:
    start_build(tab, site, "Lighthouses")
    expect(tab.locator("[data-link-state]")).to_have_text("Live")
    held_in_scrape(tab)
    expect(tab.locator("[data-state]")).to_have_text("Running")
    expect(tab.locator("[data-step=scrape] [data-step-state]")).to_have_text("Running")
    gate.let_through()
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)
    assert tab.title().startswith("100 %")
    tab.get_by_role("link", name="Open the agent").click()
    tab.get_by_role("textbox", name="Question").fill("How tall is the lighthouse of Amrum?")
    tab.get_by_role("button", name="Ask").click()
    expect(tab.locator(".answer-text")).to_contain_text("sixty-four metres")
    at_the_quote = re.compile(re.escape(f"{site.url}/#:~:text=The%20lighthouse%20of%20Amrum"))
    expect(tab.locator(".citation a").first).to_have_attribute("href", at_the_quote)


def test_a_page_that_was_live_reads_the_same_from_the_database(
    tab: Page, site: Site, gate: Gate
) -> None:
    gate.let_through()
    start_build(tab, site, "Twice")
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)
    expect(tab.locator("#task-outcome h2")).to_be_visible()
    parts = [".log li", ".step", "[data-details]", ".outcome"]
    live = [tab.locator(part).all_inner_texts() for part in parts]
    tab.reload()
    assert [tab.locator(part).all_inner_texts() for part in parts] == live


def test_a_broken_connection_is_shown_and_the_page_goes_on_without_a_gap(
    tab: Page, site: Site, gate: Gate, stack: Stack
) -> None:
    start_build(tab, site, "Interrupted")
    held_in_scrape(tab)
    stack.kill("web")
    expect(tab.locator("[data-link-state]")).to_have_text("Connection lost, reconnecting…")
    gate.let_through()
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)
    live = tab.locator(".log li").all_inner_texts()
    tab.reload()
    assert tab.locator(".log li").all_inner_texts() == live


def test_where_no_websocket_gets_through_the_page_still_moves(
    tab: Page, site: Site, gate: Gate
) -> None:
    tab.route_web_socket("**/watch?*", lambda socket: socket.close(code=1006))
    start_build(tab, site, "Behind a proxy")
    held_in_scrape(tab)
    gate.let_through()
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)
    expect(tab.locator("[data-link]")).to_be_hidden()


def test_a_build_is_cancelled_with_a_button_and_retried_with_another(
    tab: Page, site: Site, gate: Gate
) -> None:
    start_build(tab, site, "Second thoughts")
    held_in_scrape(tab)
    tab.get_by_role("button", name="Cancel").click()
    expect(tab.locator("[data-state]")).to_have_text("Cancelled", timeout=BUILD_TIME)
    gate.let_through()
    tab.get_by_role("button", name="Retry from scrape").click()
    expect(tab.locator("[data-percent]")).to_have_text("100", timeout=BUILD_TIME)


def test_a_row_of_the_list_moves_in_place_and_newer_tasks_wait_for_a_click(
    tab: Page, staff_browser: BrowserContext, site: Site, gate: Gate
) -> None:
    start_build(tab, site, "In the list")
    held_in_scrape(tab)
    tab.goto("/dashboard/tasks/")
    first_row = tab.locator("[data-task-list] tbody tr").first
    expect(first_row.locator(".badge")).to_have_text("Running")
    gate.let_through()
    expect(first_row.locator(".badge")).to_have_text("Success", timeout=BUILD_TIME)
    other = staff_browser.new_page()
    start_build(other, site, "Newer")
    # The form sends itself by script: the page of the task comes when it has been taken.
    other.wait_for_url("**/dashboard/tasks/*/")
    other.close()
    place = first_row.bounding_box()
    announced = tab.get_by_role("link", name="1 new task: show")
    expect(announced).to_be_visible(timeout=BUILD_TIME)
    assert first_row.bounding_box() == place
    announced.click()
    expect(first_row.locator(".task-link")).to_have_text("Newer")


def test_a_scope_is_previewed_with_the_keyboard(tab: Page, site: Site) -> None:
    site.pages = {"/": HOME + "<a href='/x.zip'>Archive</a>", "/slow": SLOW}
    tab.goto("/dashboard/agents/new")
    tab.get_by_label("Addresses").fill(site.url)
    button = tab.get_by_role("button", name="Preview scope")
    button.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-preview-state]")).to_have_text(
        "A build would fetch 2 pages.", timeout=20_000
    )
    expect(tab.get_by_role("region", name="Scope")).to_be_focused()
    tab.get_by_text("Files that are not pages").click()
    expect(tab.get_by_text(f"{site.url}/x.zip")).to_be_visible()
    tab.get_by_label("Addresses").fill("ftp://example.com/")
    button.click()
    expect(tab.locator("[data-preview-state]")).to_contain_text("must start with http")
