"""How much of the content of each kind of page is found: a floor under what `pages/` gives.

Each of those pages marks its own main content with `data-truth`, which the reader does not see.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from statistics import mean

import pytest
from selectolax.lexbor import LexborHTMLParser

from agents.knowledge.extract import main_markdown

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
FLOOR = 0.98
FLOOR_OF_EACH = 0.95
_TARGET_OR_LANGUAGE = re.compile(r"(?<=\])\([^)]*\)|(?<=```)\w+")


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def truth(html: str) -> str:
    marked = LexborHTMLParser(html).css("[data-truth]")
    return " ".join(node.text(separator=" ") for node in marked)


def f1(example: Path) -> float:
    html = example.read_text()
    markdown = main_markdown(html.replace(" data-truth", ""), "https://a.example/")
    found = words(_TARGET_OR_LANGUAGE.sub(" ", markdown))
    wanted = words(truth(html))
    hits = sum((found & wanted).values())
    return 2 * hits / (sum(found.values()) + sum(wanted.values()))


def test_there_is_a_page_of_each_kind() -> None:
    kinds = [page.stem for page in PAGES]
    assert kinds == ["article", "documentation", "forum", "listing", "product", "service"]


@pytest.mark.parametrize("example", PAGES, ids=lambda example: example.stem)
def test_the_content_of_each_kind_is_found(example: Path) -> None:
    assert f1(example) >= FLOOR_OF_EACH


def test_the_mean_of_all_kinds_does_not_fall() -> None:
    assert mean(f1(page) for page in PAGES) >= FLOOR
