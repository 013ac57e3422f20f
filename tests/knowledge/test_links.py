"""Links inside Markdown."""

from agents.knowledge.links import without_links, without_site_links

PAGE = "https://docs.example/a/b.html"


def test_links_within_the_site_become_text_and_others_stay() -> None:
    text = "[a](https://docs.example/x) [b](/y) [c](https://other.example/z)"
    assert without_site_links(text, PAGE) == "a b [c](https://other.example/z)"


def test_a_target_may_hold_parentheses_and_a_title() -> None:
    assert without_links('[f](https://x.example/f_(y)) [g](</a b> "G")') == "f g"


def test_text_that_only_looks_like_a_link_stays() -> None:
    text = "a[0](1, 2) ![image](/i.png) [note] (aside)"
    assert without_links(text) == text


def test_a_target_that_is_no_address_does_no_harm() -> None:
    assert without_site_links("[x](http://[broken)", PAGE) == "x"
