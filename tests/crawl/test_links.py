"""What a crawl reads from an HTML page."""

import pytest

from agents.crawl.links import read_links

HERE = "http://example.com/docs/a.html"


def test_links_areas_frames_and_the_canonical_url_are_found_once_each() -> None:
    page = b"""<html><head><link rel="canonical" href="/docs/a"></head><body>
        <a href="b.html">b</a> <a href=" b.html#part ">b again</a> <a name="x">no link</a>
        <map><area href="c.html"></map><iframe src="d.html"></iframe></body></html>"""
    assert read_links(page, HERE).urls == [
        "http://example.com/docs/a",
        "http://example.com/docs/b.html",
        "http://example.com/docs/c.html",
        "http://example.com/docs/d.html",
    ]


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=/en/", "http://example.com/en/"),
        ("0;URL='en/?a=1'", "http://example.com/docs/en/?a=1"),
        ("0.5, en/", "http://example.com/docs/en/"),
        ("; url=en/", "http://example.com/docs/en/"),
        ("30; url=/en/", ""),
        ("0; url=a.html#top", ""),
        ("0; url=javascript:alert(1)", ""),
        ("300", ""),
        ("", ""),
    ],
)
def test_where_a_refresh_sends_readers_on_is_a_link(content: str, target: str) -> None:
    page = f'<meta http-equiv="Refresh" content="{content}"><a href="b">b</a>'.encode()
    links = read_links(page, HERE)
    assert (links.refresh, links.urls[:-1]) == (target, [target] if target else [])


def test_a_refresh_for_readers_without_scripts_sends_nobody_on() -> None:
    page = b'<noscript><meta http-equiv="refresh" content="0; url=/no-scripts"></noscript>'
    assert read_links(page, HERE).refresh == ""


def test_a_base_element_is_respected() -> None:
    page = b'<head><base href="/other/"></head><a href="b.html">b</a>'
    assert read_links(page, HERE).urls == ["http://example.com/other/b.html"]


@pytest.mark.parametrize("broken", [b"", b"<a href=", b"<<<>>>", b"\xff\xfe\xff", b"<base href>"])
def test_a_broken_page_has_no_links(broken: bytes) -> None:
    assert read_links(broken, HERE).urls == []


@pytest.mark.parametrize(
    ("content", "follows", "noindex"),
    [
        ("index, follow", True, False),
        ("NOINDEX", True, True),
        ("nofollow", False, False),
        ("noindex,nofollow", False, True),
        ("none", False, True),
        ("max-snippet:-1", True, False),
    ],
)
def test_the_robots_meta_element_is_obeyed(content: str, follows: bool, noindex: bool) -> None:
    page = f'<meta name="Robots" content="{content}"><a href="b">b</a>'.encode()
    links = read_links(page, HERE)
    assert (bool(links.urls), links.noindex) == (follows, noindex)


@pytest.mark.parametrize(
    ("charset", "content_type", "head"),
    [
        ("utf-8", "text/html", ""),
        ("iso-8859-1", "text/html; charset=ISO-8859-1", ""),
        ("iso-8859-1", "text/html", '<meta charset="iso-8859-1">'),
        ("windows-1251", 'text/html; charset="windows-1251"', ""),
        ("utf-16", "text/html", ""),
        ("utf-8", "text/html; charset=no-such-charset", ""),
    ],
)
def test_a_link_in_another_charset_is_the_same_link(
    charset: str, content_type: str, head: str
) -> None:
    word, escaped = ("ж", "%D0%B6") if charset == "windows-1251" else ("ü", "%C3%BC")
    page = f'{head}<a href="/{word}">x</a>'.encode(charset)
    assert read_links(page, HERE, content_type).urls == [f"http://example.com/{escaped}"]


@pytest.mark.parametrize(
    ("named", "canonical"),
    [
        ("/docs/a", "http://example.com/docs/a"),
        ("https://www.example.com/docs/b.html", "https://www.example.com/docs/b.html"),
        ("a.html", ""),
        ("a.html#top", ""),
        ("https://example.com/docs/a.html", ""),
        ("/", ""),
        ("https://other.example/docs/a", ""),
        ("javascript:x", ""),
    ],
)
def test_a_canonical_url_is_believed_if_it_can_be_right(named: str, canonical: str) -> None:
    page = f'<link rel="canonical" href="{named}">'.encode()
    assert read_links(page, HERE).canonical == canonical


def test_the_home_page_with_parameters_may_name_the_home_page() -> None:
    page = b'<link rel="canonical" href="/">'
    assert read_links(page, "http://example.com/?page=1").canonical == "http://example.com/"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_links_around_a_hundred_thousand_elements_in_each_other_are_found(charset: str) -> None:
    deep = "<div>" * 100_000 + "the bottom" + "</div>" * 100_000
    page = f"<a href=b.html>before</a>{deep}<a href=c.html>after</a>".encode(charset)
    assert read_links(page, HERE).urls == [
        "http://example.com/docs/b.html",
        "http://example.com/docs/c.html",
    ]
