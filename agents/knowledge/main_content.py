"""Finds the part of a page that holds its content."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.knowledge.boilerplate import MOST_OF_THE_PAGE, remove_boilerplate
from agents.knowledge.measures import Measures
from agents.knowledge.side_matter import remove_side_matter

TOO_LITTLE = 250
"""Characters. A page left with less, and with …"""
TOO_SMALL_A_PART = 0.2
"""… less of its text than this, lost its content to a guess about names."""
_MAIN_SHARE = 0.3
_ARTICLE_SHARE = 0.5
_NO_TEXT = ["script", "style", "template", "iframe", "svg", "canvas", "object", "embed"]
_NO_TEXT += ["video", "audio", "input", "select", "textarea"]


def main_content(html: str) -> LexborNode | None:
    """The node that holds the content, its boilerplate removed; None if there is no body."""
    found = _read(html, by_name=True)
    if found is None or found[1] >= TOO_LITTLE:
        return found and found[0]
    careful = _read(html, by_name=False)
    if careful and found[1] < TOO_SMALL_A_PART * careful[1]:
        return careful[0]
    return found[0]


def _read(html: str, *, by_name: bool) -> tuple[LexborNode, int] | None:
    page = LexborHTMLParser(html)
    page.strip_tags(_NO_TEXT)
    body = page.body
    if body is None:
        return None
    _open_noscript(body)
    measures = Measures(body)
    remove_boilerplate(body, measures, by_name=by_name)
    content = _content_of(body, measures)
    remove_side_matter(content, measures)
    return content, measures.of(content).text


def _open_noscript(body: LexborNode) -> None:
    """Forums written in JavaScript put the whole page for readers without it in `<noscript>`."""
    found = body.css("noscript")
    most = MOST_OF_THE_PAGE * len(body.text()) if found else 0
    for node in found:
        if len(node.text()) > most:
            node.unwrap()
        else:
            node.decompose()


def _content_of(body: LexborNode, measures: Measures) -> LexborNode:
    def size(node: LexborNode) -> int:
        return measures.of(node).text

    total = size(body)
    main = max(body.css("main,[role=main]"), key=size, default=None)
    if main and size(main) > total * _MAIN_SHARE:
        return main
    articles = body.css("article,[itemprop=articleBody]")
    article = max(articles, key=size, default=None)
    if article is None:
        return body
    if size(article) > total * _ARTICLE_SHARE or len(articles) == 1:
        return article if size(article) > total * _ARTICLE_SHARE else body
    parent = article.parent
    while parent is not None and parent.tag != "body":
        if size(parent) > total * _ARTICLE_SHARE:
            return parent
        parent = parent.parent
    return body
