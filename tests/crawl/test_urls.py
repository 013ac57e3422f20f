"""URLs in one spelling each."""

import pytest

from agents.crawl.urls import InvalidURL, join_links, normalize_url, origin_of


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("  https://example.com/docs  ", "https://example.com/docs"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("http://example.com/a/./b/../c", "http://example.com/a/c"),
        ("http://example.com/a#part", "http://example.com/a"),
        ("http://example.com/a?b=1&a=2#part", "http://example.com/a?b=1&a=2"),
        ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
        ("http://example.com/%7euser/%c3%bc/%2f", "http://example.com/~user/%C3%BC/%2F"),
        ("http://example.com/%2541", "http://example.com/%2541"),
        ("http://example.com/?utm_source=x&a=1&FBCLID=y#part", "http://example.com/?a=1"),
        ("http://example.com/a?gclid=x", "http://example.com/a"),
        ("http://example.com/a?", "http://example.com/a"),
        ("http://example.com/?utm=1&source=2", "http://example.com/?utm=1&source=2"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
    ],
)
def test_a_url_has_one_spelling(written: str, normal: str) -> None:
    assert normalize_url(written) == normal
    assert normalize_url(normal) == normal


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("example.com/docs", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("http:/example.com", "scheme"),
        ("http://", "no_host"),
        ("http:///path", "no_host"),
        ("http://:80/", "no_host"),
        ("http://user:secret@example.com/", "credentials"),
        ("http://user@example.com/", "credentials"),
        ("http://example.com:0/", "bad_port"),
        ("http://example.com:65536/", "bad_port"),
        ("http://example.com:http/", "bad_port"),
        ("http://example.com/a b", "whitespace"),
        ("http://exam\nple.com/", "whitespace"),
        ("http://example.com/\x00", "whitespace"),
        ("http://1.2.3.4.5/", "malformed"),
        ("http://[::1/", "malformed"),
        ("http://exa<mple.com/", "malformed"),
        ("http://example.com/" + "a" * 2048, "too_long"),
        ("http://example.com/" + "ü" * 1000, "too_long"),
    ],
)
def test_what_is_no_url_to_crawl_is_refused_with_a_reason(written: str, code: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        normalize_url(written)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_a_secret_in_a_url_is_not_repeated_in_the_message() -> None:
    with pytest.raises(InvalidURL) as caught:
        normalize_url("http://user:hunter2@example.com/")
    assert "hunter2" not in str(caught.value)


def test_links_are_joined_once_each_in_the_order_of_the_page() -> None:
    hrefs = [
        "b.html",
        "../c/",
        "b.html#part",
        "./b.html",
        "b.html?utm_medium=x",
        "//other.example/x",
        "/a?q=1",
    ]
    assert join_links("http://example.com/docs/a.html", hrefs) == [
        "http://example.com/docs/b.html",
        "http://example.com/c/",
        "http://other.example/x",
        "http://example.com/a?q=1",
    ]


def test_links_that_lead_to_no_page_are_left_out() -> None:
    hrefs = [
        "#part",
        "",
        "mailto:somebody@example.com",
        "JavaScript:void(0)",
        "tel:+123",
        "data:text/html,x",
        "ftp://example.com/",
        "http://user:secret@example.com/",
        "http://[broken/",
        "/" + "a" * 3000,
    ]
    assert join_links("http://example.com/", hrefs) == []


def test_a_link_may_hold_an_at_sign_in_its_path() -> None:
    assert join_links("http://example.com/", ["/@user"]) == ["http://example.com/@user"]


def test_the_origin_is_scheme_host_and_port() -> None:
    assert origin_of("http://example.com:81/a/b?c=/d") == "http://example.com:81"
