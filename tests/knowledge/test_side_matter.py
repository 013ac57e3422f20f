"""What stands beside the content, and what only looks as if it did."""

from __future__ import annotations

import pytest

from agents.knowledge.extract import main_markdown

PROSE = "<p>" + "The installer copies every file to its place, and checks it twice. " * 12 + "</p>"
PANEL = "<p>On Windows, start the installer, choose a folder, and wait until it is done.</p>"
LINKS = "".join(f"<li><a href='/{n}'>Another story of the coast</a></li>" for n in range(6))


def read(body: str) -> str:
    return main_markdown(f"<html><body>{body}</body></html>", "https://a.example/")


@pytest.mark.parametrize(
    "title",
    [
        "Related articles",
        "You may also like",
        "3 comments",
        "Leave a reply",
        "Latest news",
        "Subscribe to our letter",
        "About the author",
    ],
)
def test_a_part_under_such_a_title_is_left_out(title: str) -> None:
    beside = f"<div><h3>{title}</h3><p>Something else.</p><p>And more of it.</p></div>"
    markdown = read(f"<main><h1>Install</h1>{PROSE}{beside}</main>")
    assert "checks it twice" in markdown
    assert "Something else" not in markdown


def test_a_section_whose_title_only_begins_like_one_stays() -> None:
    section = "<div><h2>Related to the engine</h2><p>Pistons and valves.</p><p>Oil.</p></div>"
    assert "Pistons" in read(f"<main><h1>Install</h1>{PROSE}{section}</main>")


def test_a_part_that_only_mentions_comments_on_its_way_stays() -> None:
    post = f"<div><p>Answer number one says something.</p><h2>Comments</h2>{PANEL}</div>"
    assert "Answer number one" in read(f"<main><h1>Install</h1>{PROSE}{post}</main>")


def test_a_wall_of_links_in_a_text_is_left_out() -> None:
    assert "Another story" not in read(f"<main><h1>Install</h1>{PROSE}<ul>{LINKS}</ul></main>")


def test_a_page_that_lists_others_keeps_its_links() -> None:
    page = f"<main><h1>Stories</h1>{f'<ul>{LINKS}</ul><p>Six by another hand.</p>' * 4}</main>"
    assert read(page).count("Another story") == 24


@pytest.mark.parametrize(
    "panel",
    [
        f"<div role='tabpanel' hidden>{PANEL}</div>",
        f"<div role='region' style='display:none'>{PANEL}</div>",
        f"<div class='md:block hidden'>{PANEL}</div>",
    ],
)
def test_what_a_click_or_a_wider_screen_shows_is_content(panel: str) -> None:
    assert "On Windows" in read(f"<main><h1>Install</h1>{PROSE}{panel}</main>")


@pytest.mark.parametrize("name", ["secondary-sticky-nav", "accordion-dropdown", "menu-container"])
def test_prose_is_content_although_its_name_is_that_of_a_menu(name: str) -> None:
    page = f"<main><h1>Install</h1>{PROSE * 3}<div class='{name}'>{PROSE}</div></main>"
    assert read(page).count("checks it twice") == 48


def test_prose_of_a_consent_form_is_left_out_however_long() -> None:
    consent = f"<div class='cookie-modal'>{PROSE.replace('installer', 'advertiser')}</div>"
    assert "advertiser" not in read(f"{consent}<p>A short page.</p>{PROSE}")


def test_the_question_of_an_accordion_is_a_heading_and_a_button_elsewhere_is_nothing() -> None:
    page = (
        f"<main><h1>Help</h1><h3><button>How long?</button></h3>{PROSE}<button>Buy</button></main>"
    )
    assert "### How long?" in read(page)
    assert "Buy" not in read(page)


def test_the_header_of_an_article_in_a_list_keeps_its_title() -> None:
    item = f"<article><header><h2>Tide mill</h2></header>{PANEL}</article>"
    assert "## Tide mill" in read(f"<main>{item * 3}</main>")
    assert "Shop news" not in read(f"<header><h2>Shop news</h2></header>{PROSE}")
