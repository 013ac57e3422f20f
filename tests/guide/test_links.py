"""Every link of the documentation leads somewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve

from agentforge.guide_pages import SLUGS, load

ROOT: Path = settings.BASE_DIR
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(slug: str) -> list[str]:
    """Where the links of a page lead."""
    article = BeautifulSoup(load(slug).html, "lxml")
    return [str(link["href"]) for link in article.select("a[href]")]


@cache
def page_at(address: str) -> BeautifulSoup:
    """What the web server shows there. Hundreds of links lead to a few pages."""
    return BeautifulSoup(Client().get(address).content, "lxml")


@pytest.mark.parametrize("slug", SLUGS)
def test_every_link_between_pages_leads_to_a_section_that_is_there(slug: str) -> None:
    for link in links(slug):
        address, anchor = urldefrag(link)
        if address.startswith("/guide/") or not address:
            target = page_at(address or load(slug).url)
            assert target.select("article h1"), f"{slug} links to {address}, which is no page"
            assert not anchor or target.find(id=anchor), f"{slug} links to {link}"


@pytest.mark.parametrize("slug", SLUGS)
def test_every_link_into_the_product_leads_to_a_route(slug: str) -> None:
    for address in links(slug):
        if address.startswith("/"):
            resolve(urldefrag(address).url)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_picture_of_a_page_is_there_and_described(slug: str) -> None:
    for image in BeautifulSoup(load(slug).html, "lxml").select("img"):
        assert image["alt"]
        assert finders.find(str(image["src"]).removeprefix("/static/"))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_the_repository_s_front_pages_link_to_is_there(name: str) -> None:
    for address in LINK.findall((ROOT / name).read_text()):
        if not address.startswith("http"):
            assert (ROOT / urldefrag(address).url).exists(), f"{name} links to {address}"
