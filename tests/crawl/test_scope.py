"""Which URLs belong to a crawl."""

import pytest

from agents.crawl.scope import Reach, Scope


def refusal_code(scope: Scope, url: str, depth: int = 1) -> str:
    refusal = scope.refusal(url, depth)
    return refusal.code if refusal else ""


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/docs/", ""),
        ("https://example.com/docs", ""),
        ("https://example.com/docs/deep/page.html?x=1", ""),
        ("http://example.com/docs/", ""),
        ("https://example.com/docs2/", "out_of_scope"),
        ("https://example.com/", "out_of_scope"),
        ("https://example.com:8443/docs/", "out_of_scope"),
        ("https://other.example/docs/", "out_of_scope"),
        ("https://example.com.evil.example/docs/", "out_of_scope"),
        ("https://example.com/docs/manual.PDF", ""),
        ("https://example.com/docs/style.css?v=2", "not_a_page"),
        ("https://example.com/docs/5.2", ""),
        ("https://example.com/docs/zip", ""),
        ("https://example.com/docs/.zip", ""),
    ],
)
def test_the_directory_of_a_start_url_is_in_scope(url: str, code: str) -> None:
    scope = Scope(["https://example.com/docs/index.html"], max_depth=3)
    assert refusal_code(scope, url) == code


def test_a_page_too_many_links_away_is_too_deep() -> None:
    scope = Scope(["https://example.com/"], max_depth=2)
    assert refusal_code(scope, "https://example.com/a", depth=2) == ""
    assert refusal_code(scope, "https://example.com/a", depth=3) == "too_deep"


def test_globs_match_the_whole_url_or_its_path() -> None:
    scope = Scope(
        ["https://example.com/"],
        max_depth=3,
        include=["/docs/*", "https://example.com/blog/?.html"],
        exclude=["*/private/*", "*?print=1"],
    )
    assert refusal_code(scope, "https://example.com/docs/a/b") == ""
    assert refusal_code(scope, "https://example.com/blog/1.html") == ""
    assert refusal_code(scope, "https://example.com/blog/10.html") == "not_included"
    assert refusal_code(scope, "https://example.com/docs/private/a") == "excluded"
    assert refusal_code(scope, "https://example.com/docs/a?print=1") == "excluded"


def test_a_start_url_is_left_out_only_by_an_exclude_pattern() -> None:
    scope = Scope(["https://example.com/"], max_depth=3, include=["/docs/*"], exclude=["/old/*"])
    assert scope.start_refusal("https://example.com/") is None
    excluded = scope.start_refusal("https://example.com/old/")
    assert excluded and excluded.code == "excluded"


def test_a_start_url_that_moved_within_its_site_takes_the_scope_along() -> None:
    scope = Scope(["https://example.com/docs/latest/"], max_depth=3)
    scope.follow("https://example.com/docs/latest/", "https://www.example.com/docs/5.2/")
    assert refusal_code(scope, "https://www.example.com/docs/5.2/a") == ""


def test_a_start_url_without_its_final_slash_does_not_take_the_whole_host() -> None:
    scope = Scope(["https://example.com/docs"], max_depth=3)
    scope.follow("https://example.com/docs", "https://example.com/docs/")
    assert refusal_code(scope, "https://example.com/docs/a") == ""
    assert refusal_code(scope, "https://example.com/blog/") == "out_of_scope"


def test_a_start_url_that_moved_leaves_the_others_where_they_are() -> None:
    scope = Scope(["https://example.com/docs", "https://example.com/blog/"], max_depth=3)
    scope.follow("https://example.com/docs", "https://example.com/docs/")
    assert refusal_code(scope, "https://example.com/blog/a") == ""


def test_a_start_url_that_moved_to_another_host_does_not() -> None:
    scope = Scope(["https://example.com/"], max_depth=3)
    scope.follow("https://example.com/", "https://other.example/")
    assert refusal_code(scope, "https://other.example/a") == "out_of_scope"


@pytest.mark.parametrize(
    ("reach", "inside"),
    [
        (Reach.PATH, {"/docs/a"}),
        (Reach.HOST, {"/docs/a", "/blog"}),
        (Reach.SUBDOMAINS, {"/docs/a", "/blog", "api", "bare", "deep"}),
    ],
)
def test_the_reach_says_how_far_around_a_start_url_pages_may_be(
    reach: Reach, inside: set[str]
) -> None:
    scope = Scope(["https://www.example.com/docs/index.html"], max_depth=3, reach=reach)
    urls = {
        "/docs/a": "https://www.example.com/docs/a",
        "/blog": "https://www.example.com/blog",
        "api": "https://api.example.com/",
        "bare": "https://example.com/x",
        "deep": "https://a.b.example.com/",
        "other": "https://notexample.com/docs/a",
        "evil": "https://example.com.evil.example/docs/a",
        "port": "https://www.example.com:8443/docs/a",
    }
    assert {name for name, url in urls.items() if not scope.refusal(url, 1)} == inside


def test_a_reach_follows_a_start_url_that_moved_within_its_site() -> None:
    scope = Scope(["https://example.com/docs"], max_depth=3, reach=Reach.HOST)
    scope.follow("https://example.com/docs", "https://www.example.com/en/")
    assert refusal_code(scope, "https://www.example.com/blog") == ""
    assert refusal_code(scope, "https://example.com/blog") == "out_of_scope"
    assert scope.directories == ["https://www.example.com/en/"]
