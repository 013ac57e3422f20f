"""Finds the part of a page that holds its content."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.knowledge.boilerplate import remove_boilerplate, text_length

TOO_LITTLE = 250
"""Characters. A page left with less, and with …"""
TOO_SMALL_A_PART = 0.2
"""… less of its text than this, lost its content to a guess about names."""
_MAIN_SHARE = 0.3
_ARTICLE_SHARE = 0.5


def main_content(html: str) -> LexborNode | None:
    """The node that holds the content, its boilerplate removed; None if there is no body."""
    content = _read(html, by_name=True)
    if content is None or text_length(content) >= TOO_LITTLE:
        return content
    careful = _read(html, by_name=False)
    if careful and text_length(content) < TOO_SMALL_A_PART * text_length(careful):
        return careful
    return content


def _read(html: str, *, by_name: bool) -> LexborNode | None:
    body = LexborHTMLParser(html).body
    if body is None:
        return None
    remove_boilerplate(body, by_name=by_name)
    return _content_of(body)


def _content_of(body: LexborNode) -> LexborNode:
    total = text_length(body)
    main = _longest(body.css("main,[role=main]"))
    if main and text_length(main) > total * _MAIN_SHARE:
        return main
    articles = body.css("article,[itemprop=articleBody]")
    article = _longest(articles)
    if article is None:
        return body
    if text_length(article) > total * _ARTICLE_SHARE or len(articles) == 1:
        return article if text_length(article) > total * _ARTICLE_SHARE else body
    return _ancestor_with(total * _ARTICLE_SHARE, article) or body


def _longest(nodes: list[LexborNode]) -> LexborNode | None:
    return max(nodes, key=text_length, default=None)


def _ancestor_with(characters: float, node: LexborNode) -> LexborNode | None:
    """The closest ancestor with that much text: a thread's or a list's articles stand together."""
    parent = node.parent
    while parent is not None and parent.tag != "body":
        if text_length(parent) > characters:
            return parent
        parent = parent.parent
    return None
