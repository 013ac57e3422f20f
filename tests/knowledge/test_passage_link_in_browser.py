"""Chromium scrolls to what a link of ours names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from agents.knowledge.passage_link import passage_link
from tests.browser import launched
from tests.site import Site

pytestmark = pytest.mark.browser

FILLER = "".join(f"<p>Line {number} says nothing.</p>" for number in range(150))
QUOTES = {
    "markup": (
        "<p id=markup>To dump a <b>single table</b> named <code>mytab</code>, you &amp; I do"
        "<sup>[1]</sup> what the manual says about the program <a href=x>pg_dump</a>.</p>",
        "To dump a **single table** named `mytab`, you & I do[1] what the manual says about the "
        "program [pg_dump](https://example.com/x).",
    ),
    "code": (
        "<pre id=code>CREATE   TABLE films (\n    code    char(5),\n    title   text\n);</pre>",
        "```\nCREATE   TABLE films (\n    code    char(5),\n    title   text\n);\n```",
    ),
    "row": (
        "<table><tr id=row><td>8</td><td>An integer of eight bytes</td><td>bigint</td></table>",
        "| 8 | An integer of eight bytes | bigint |",
    ),
    "japanese": (
        "<p id=japanese>これは日本語の長い文章です。言葉は空白で区切られませんが、文は句読点で"
        "分かれます。最後の文はここで終わります、と書いてあります。</p>",
        "これは日本語の長い文章です。言葉は空白で区切られませんが、文は句読点で"
        "分かれます。最後の文はここで終わります、と書いてあります。",
    ),
    "thai": (
        "<p id=thai>นี่คือประโยคภาษาไทยที่ไม่มีช่องว่างระหว่างคำและยาวมากพอที่จะถูกตัดเป็นสองส่วน</p>",
        "นี่คือประโยคภาษาไทยที่ไม่มีช่องว่างระหว่างคำและยาวมากพอที่จะถูกตัดเป็นสองส่วน",
    ),
}
PAGE = FILLER + FILLER.join(html for html, _ in QUOTES.values()) + FILLER
IN_VIEW = """id => {
    const box = document.getElementById(id).getBoundingClientRect();
    return scrollY > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with launched() as browser:
        yield browser.new_context()


@pytest.mark.parametrize("name", QUOTES)
def test_the_browser_opens_the_page_at_the_quote(
    context: BrowserContext, site: Site, name: str
) -> None:
    site.pages = {"/": f"<!doctype html><meta charset=utf-8>{PAGE}"}
    tab = context.new_page()
    tab.goto(passage_link(f"{site.url}/", QUOTES[name][1]) or "")
    tab.wait_for_function(IN_VIEW, arg=name, timeout=10_000)
    tab.close()
