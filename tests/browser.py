"""Browser tests: a Chromium that is signed in, and what every page must fulfil in it.

Without a Chromium they are skipped, except in CI.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from agents.crawl.rendering.chromium import find_chromium
from tests.stack import Stack

MISSING = "no Chromium found (apt-get install chromium, or put one of its names on PATH)"
ARGUMENTS = [
    "--no-sandbox",  # Root may not use it, and CI is root.
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
"""Nothing but the pages asked for, and nothing of the machine but its processor."""

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AUDIT = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => [id, help, node.target.join(" "), node.failureSummary].join("\\n  ")));
}"""


def is_required() -> bool:
    """Whether a missing Chromium is a failure. `.ci/run` says so."""
    return os.environ.get("REQUIRE_BROWSER") == "1"


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, which ends with the block.

    Close it with the file of tests that uses it: while Playwright runs, its event loop keeps
    Django's database calls out of this thread.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def signed_in(stack: Stack) -> Iterator[BrowserContext]:
    """A browser in which the staff user of the stack has signed in through the form."""
    with launched() as browser:
        context = browser.new_context(base_url=stack.base_url, reduced_motion="reduce")
        page = context.new_page()
        page.goto("/login/")
        page.get_by_label("Username").fill(stack.username)
        page.get_by_label("Password").fill(stack.password)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.close()
        yield context


@contextmanager
def watched_tab(context: BrowserContext) -> Iterator[Page]:
    """A new tab, in which no script may fail, nothing may break the Content-Security-Policy, and
    no page may ask another host for anything.

    Raises:
        AssertionError: at the end, with everything that happened.
    """
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.on(
        "request",
        lambda request: (
            faults.append(f"asked for {request.url}") if _is_outside(request.url, page) else None
        ),
    )
    yield page
    page.close()
    assert not faults, "\n".join(faults)


def _is_outside(url: str, page: Page) -> bool:
    asked, shown = urlsplit(url), urlsplit(page.url)
    return asked.scheme in ("http", "https") and bool(shown.netloc) and asked.netloc != shown.netloc


def assert_accessible(page: Page) -> None:
    """The page as it stands meets WCAG 2.2 AA, as far as axe can tell, in its colours for light
    and for dark.

    Raises:
        AssertionError: with each rule that is broken, where, and what would mend it.
    """
    page.evaluate(AXE.read_text())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        broken = page.evaluate(AUDIT, WCAG_22_AA)
        assert not broken, "\n".join([f"In {scheme}:", *broken])
