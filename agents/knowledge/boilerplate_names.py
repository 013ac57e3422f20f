"""Which class names and ids speak of boilerplate, and how surely."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from agents.knowledge.words import word_set


class Sureness(IntEnum):
    """How far a name can be trusted."""

    WEAK = 1
    USUAL = 2
    CERTAIN = 3


_CERTAIN = word_set(
    """cookie cookies consent gdpr onetrust modal popup popups popover tooltip sharing sharedaddy
    adsense advertisement"""
)
_NAMES = word_set(
    """navheader navfooter megamenu breadcrumb
    breadcrumbs crumbs sphinxsidebar colophon advert adverts
    ads sponsor sponsored promo share social socials newsletter subscribe
    subscription related recommended recommendations pagination pager paging
    paginator skip skiplink login searchbox searchform editsection
    printfooter catlinks tagcloud disqus toc copyright flyout headerlink permalink indexterm
    linenos sidebar sidenav footer toolbar topbar recirc disclaimer
    legal promotion flair postprofile actions"""
)
"""Words that name boilerplate as a whole class or id, or as its first or last part."""
_WEAK = word_set("""nav navbar navigation menu menus submenu dropdown""")
_WHOLE_NAMES = word_set(
    """anchor anchorjs-link banner search tags comments comment-form respond widget-area follow cta
    sr-only visually-hidden screen-reader-text screen-reader noprint mw-jump-link tag-list
    table-of-contents author-bio about-author you-may-also-like read-next more-posts up-next
    masthead reply user-info userinfo post-meta entry-meta byline
    signature post-signature user-signature message-signature"""
)
"""Words that do so only when they are the whole name."""
_STATE_PREFIXES = frozenset({"has", "with", "no", "is", "without", "overflow"})
"""`has-sidebar` names a page with a sidebar, not the sidebar."""
_PARTS = re.compile(r"[-_:]+")
_SHOWN_AGAIN = re.compile(r"\w+:(?:block|flex|grid|inline\S*|table\S*)")
"""`hidden md:block` hides only on small screens."""


@lru_cache(maxsize=10_000)
def boilerplate_name(attributes: str) -> Sureness | None:
    """How surely these class names and ids name boilerplate; None if they do not."""
    names = attributes.lower().split()
    found = max((_sureness(name) for name in names), default=0)
    if found and "hidden" in names and any(_SHOWN_AGAIN.fullmatch(name) for name in names):
        found = max((_sureness(name) for name in names if name != "hidden"), default=0)
    return Sureness(found) if found else None


def _sureness(name: str) -> int:
    if name == "hidden":
        return Sureness.WEAK
    if name in _WHOLE_NAMES:
        return Sureness.USUAL
    first, *rest = _PARTS.split(name.strip("-_"))
    if first in _STATE_PREFIXES:
        return 0
    return max(_of_word(first), _of_word(rest[-1]) if rest else 0)


def _of_word(word: str) -> int:
    if word in _CERTAIN:
        return Sureness.CERTAIN
    if word in _NAMES:
        return Sureness.USUAL
    return Sureness.WEAK if word in _WEAK else 0
