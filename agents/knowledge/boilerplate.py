"""Takes out of a page what is not its content: navigation, banners, consent forms, adverts."""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

from agents.knowledge.words import word_set

MOST_OF_THE_PAGE = 0.4
"""A part that holds more of the page's text than this is no boilerplate, whatever its name."""

_NO_TEXT = "script,style,template,iframe,svg,canvas,object,embed,video,audio"
_BY_ROLE = (
    "input,button,select,textarea,dialog,nav,menu,[hidden],[aria-modal=true],"
    "[style*='display:none'],[style*='display: none'],"
    "[role=navigation],[role=banner],[role=contentinfo],[role=search],[role=dialog],"
    "[role=alertdialog],[role=menu],[role=menubar],[role=toolbar],[role=tablist]"
)
_LANDMARKS = "main,[role=main]"
_CONTENT_TAGS = frozenset({"html", "body", "main", "article", "pre", "code"})

_NAMES = word_set(
    """nav navbar navigation navheader navfooter menu menus submenu megamenu dropdown breadcrumb
    breadcrumbs crumbs sidebar sidenav sphinxsidebar footer colophon cookie cookies consent gdpr
    onetrust advert adverts advertisement ads adsense sponsor sponsored promo share sharing
    sharedaddy social socials newsletter subscribe subscription popup modal tooltip related
    recommended recommendations pagination pager paging paginator skip skiplink toolbar topbar
    login searchbox searchform editsection printfooter catlinks tagcloud disqus toc copyright
    flyout headerlink permalink indexterm linenos"""
)
"""Words that name boilerplate as a whole class or id, or as its first or last part."""
_WHOLE_NAMES = word_set(
    """anchor anchorjs-link banner search tags comments comment-form respond widget-area follow cta
    hidden sr-only visually-hidden screen-reader-text screen-reader noprint mw-jump-link tag-list
    table-of-contents author-bio about-author you-may-also-like read-next more-posts up-next
    masthead reply signature post-meta entry-meta byline"""
)
"""Words that do so only when they are the whole name."""
_STATE_PREFIXES = frozenset({"has", "with", "no", "is", "without", "overflow"})
"""`has-sidebar` names a page with a sidebar, not the sidebar."""
_PARTS = re.compile(r"[-_:]+")


def remove_boilerplate(body: LexborNode, *, by_name: bool = True) -> None:
    """Remove in place what is not content, by element, ARIA role and, if asked, class and id.

    Names are guesses: a page that loses nearly everything to them is better read without.
    """
    _remove(body, _NO_TEXT)
    total = text_length(body)
    _open_noscript(body, total)
    _remove(body, _BY_ROLE, unless_over=total * MOST_OF_THE_PAGE)
    if by_name:
        _remove(body, "[class],[id]", unless_over=total * MOST_OF_THE_PAGE, only=_is_named_so)
    _remove(body, "footer,aside", unless_over=total * MOST_OF_THE_PAGE)
    _remove(body, "header", unless_over=total * MOST_OF_THE_PAGE, only=_has_no_title)


def text_length(node: LexborNode) -> int:
    """How many characters of text a node holds."""
    return len(node.text())


def _remove(
    body: LexborNode,
    selector: str,
    *,
    unless_over: float | None = None,
    only: Callable[[LexborNode], bool] | None = None,
) -> None:
    for node in body.css(selector):
        if only is not None and not only(node):
            continue
        if unless_over is not None and (
            text_length(node) > unless_over or node.css_first(_LANDMARKS)
        ):
            continue
        node.decompose()


def _open_noscript(body: LexborNode, total: int) -> None:
    """Forums written in JavaScript put the whole page for readers without it in `<noscript>`."""
    for node in body.css("noscript"):
        if text_length(node) > total * MOST_OF_THE_PAGE:
            node.unwrap()
        else:
            node.decompose()


def _has_no_title(header: LexborNode) -> bool:
    return header.css_first("h1") is None


def _is_named_so(node: LexborNode) -> bool:
    if node.tag in _CONTENT_TAGS:
        return False
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
    return any(_names_boilerplate(name) for name in names)


def _names_boilerplate(name: str) -> bool:
    if name in _WHOLE_NAMES or name in _NAMES:
        return True
    first, *rest = _PARTS.split(name)
    if not rest or first in _STATE_PREFIXES:
        return False
    return first in _NAMES or rest[-1] in _NAMES
