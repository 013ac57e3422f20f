"""Which pages have no content of their own, because their scripts are to bring it."""

from __future__ import annotations

import re
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.crawl.links import page_text

_TEXT_TAG = re.compile(rb"</(?:p|li|td|pre)>")
_ENOUGH_TAGS = 12
"""A page with as many paragraphs, items, cells and listings has content: it is not looked at."""
_MOST_TEXT = 200
"""Characters around a place that a script fills: a name, a menu, "Loading …"."""
_MOST_WITHOUT_A_PLACE = 60
"""Characters, where no such place is found."""
_CONTENT_IN_NOSCRIPT = 400
"""Characters. Less is a notice, more is the page itself, for readers without JavaScript."""
_INVISIBLE = ["script", "style", "template", "svg", "noscript", "title"]
_OWN_CONTENT = "input:not([type=hidden]), textarea, frame, object, embed"
_CUSTOM_ELEMENT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_NOTICE = re.compile(r"javascript", re.IGNORECASE)


def is_app_shell(body: bytes, content_type: str = "") -> bool:
    """Whether an HTML page shows nothing to somebody who runs no scripts.

    That is: hardly any text and no form, but scripts, and a place for them to fill or a notice
    that they are needed.

    Args:
        body: as it was served.
        content_type: its Content-Type header, for the charset.
    """
    if _has_content(body) or b"<script" not in body.lower():
        return False
    tree = LexborHTMLParser(page_text(body, content_type))
    page = tree.body
    if page is None:
        return False
    notices = "".join(node.text() for node in page.css("noscript"))
    if len(notices) > _CONTENT_IN_NOSCRIPT:
        return False
    tree.strip_tags(_INVISIBLE)
    size = len(" ".join(page.text(separator=" ").split()))
    if size > _MOST_TEXT or page.css_first(_OWN_CONTENT):
        return False
    if _NOTICE.search(notices) or any(map(_is_place_to_fill, page.css("*"))):
        return True
    return size <= _MOST_WITHOUT_A_PLACE


def _has_content(body: bytes) -> bool:
    """Whether that shows without a closer look, as it does of nearly every page."""
    return len(list(islice(_TEXT_TAG.finditer(body), _ENOUGH_TAGS))) == _ENOUGH_TAGS


def _is_place_to_fill(node: LexborNode) -> bool:
    """Whether it is a container with a name, and with nothing in it but a placeholder."""
    is_named = node.tag in ("div", "main", "section") and node.attributes.get("id")
    if not (is_named or _CUSTOM_ELEMENT.fullmatch(node.tag or "")):
        return False
    return len(node.text().split()) <= 3 and node.css_first("a, img, iframe, picture") is None
