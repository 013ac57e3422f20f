"""The guide's table of contents, and the files it names."""

from __future__ import annotations

from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from agentforge.guide_pages import DOCS, SLUGS, load


def test_every_document_has_its_place_in_the_contents() -> None:
    assert sorted(SLUGS) == sorted(file.stem for file in DOCS.glob("*.md"))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_is_rendered_with_its_title_description_and_canonical_link(
    client: Client, slug: str
) -> None:
    page = load(slug)
    html = BeautifulSoup(client.get(page.url).content, "lxml")
    assert html.title and page.title in html.title.get_text()
    assert [h1.get_text() for h1 in html.select("h1")] == [page.title]
    description = html.select_one("meta[name=description]")
    assert description and 40 < len(str(description["content"])) <= 160
    canonical = html.select_one("link[rel=canonical]")
    assert canonical and canonical["href"] == f"http://testserver{page.url}"


def test_the_sidebar_marks_the_page_that_is_open(client: Client) -> None:
    html = BeautifulSoup(client.get("/guide/api/").content, "lxml")
    marked = html.select(".guide-contents [aria-current=page]")
    assert [link["href"] for link in marked] == ["/guide/api/"]


def test_next_and_previous_lead_through_the_whole_guide(client: Client) -> None:
    for slug, following in pairwise(SLUGS):
        page = BeautifulSoup(client.get(load(slug).url).content, "lxml")
        after = BeautifulSoup(client.get(load(following).url).content, "lxml")
        (next_link,) = page.select("a[rel=next]")
        (previous_link,) = after.select("a[rel=prev]")
        assert (next_link["href"], previous_link["href"]) == (load(following).url, load(slug).url)


def test_a_page_that_does_not_exist_is_not_found(client: Client) -> None:
    assert client.get("/guide/no-such-page/").status_code == 404


@pytest.mark.parametrize(
    ("address", "target"),
    [("/guide", "/guide/"), ("/guide/index/", "/guide/"), ("/guide/api", "/guide/api/")],
)
def test_other_spellings_of_an_address_lead_to_the_canonical_one(
    client: Client, address: str, target: str
) -> None:
    response = client.get(address)
    assert (response.status_code, response.headers["Location"]) == (301, target)


def test_the_guide_can_be_read_but_not_written(client: Client) -> None:
    assert client.post("/guide/").status_code == 405
