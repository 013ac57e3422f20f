"""Keeps hostile or broken pages from costing time that grows with the square of their length."""

from __future__ import annotations

import re

from agents.knowledge.words import word_set

_HARMLESS = 3_000
"""Elements. The parser's time grows with the square of the depth; so many cost no while."""
_DEEPEST = 400
"""Levels. Browsers stop at about 500; people's pages seldom pass 60."""
_DEEPEST_LIST = 20
"""Levels of lists and quotes. Markdown indents each line by all of them."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>")
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_INDENTED = frozenset({"ul", "ol", "dl", "menu", "blockquote"})
_NEVER_DEEP = word_set(
    """area base br col embed hr img input link meta source track wbr param
    p li dt dd tr td th thead tbody tfoot rt rp html head body script style svg path"""
)
"""Elements that hold none, and those that the next of their kind ends."""
_CHOICES = frozenset({"option", "optgroup"})
"""At each of them the parser looks through all the others of the list again."""


def limit_nesting(html: str) -> str:
    """`html` without the tags that would cost most; their text stays.

    Those are what stands too deep, and the choices of long lists. A page of ordinary size is
    given back as it is.
    """
    if html.count("<") - html.count("</") <= _HARMLESS or _is_shallow(html):
        return html
    return _TAG.sub(_Nesting().keep, html)


def _is_shallow(html: str) -> bool:
    """Whether a quick look finds nothing that could stand too deep, nor any choices.

    It takes what closes itself for what is never closed, so it may be wrong in one direction.
    """
    depth = lists = 0
    for closes, name in _NAME.findall(html.lower()):
        if name in _NEVER_DEEP:
            continue
        if name in _CHOICES:
            return False
        step = -1 if closes else 1
        depth = max(0, depth + step)
        if name in _INDENTED:
            lists = max(0, lists + step)
        if depth > _DEEPEST or lists > _DEEPEST_LIST:
            return False
    return True


class _Nesting:
    """How deep the tags read so far have led."""

    def __init__(self) -> None:
        self.depth = 0
        self.lists = 0

    def keep(self, tag: re.Match[str]) -> str:
        """The tag, or nothing in its place."""
        name = tag[2].lower()
        if name in _CHOICES:
            return ""
        if name in _NEVER_DEEP or tag[0].endswith("/>"):
            return tag[0]
        step = -1 if tag[1] else 1
        # A closing tag stands as deep as the opening one.
        inner = max(self.depth, self.depth + step)
        self.depth = max(0, self.depth + step)
        if name in _INDENTED:
            inner_list = max(self.lists, self.lists + step)
            self.lists = max(0, self.lists + step)
            if inner_list > _DEEPEST_LIST:
                return ""
        return tag[0] if inner <= _DEEPEST else ""
