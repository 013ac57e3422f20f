"""The header X-Robots-Tag: what a server says of a page, as a robots meta element would."""

from __future__ import annotations

from collections.abc import Iterable

_WITH_A_VALUE = frozenset(
    {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}
)


def robots_directives(values: Iterable[str], user_agent: str) -> frozenset[str]:
    """The directives that hold for this crawler, in lower case.

    Args:
        values: of each header. One may begin with the name of the only crawler that it speaks to.
        user_agent: how the crawler introduces itself, its product's name first.
    """
    product = user_agent.partition("/")[0].lower()
    found: set[str] = set()
    for value in values:
        name, colon, rest = (part.strip().lower() for part in value.partition(":"))
        is_addressed = bool(colon) and "," not in name and name not in _WITH_A_VALUE
        if is_addressed and name != product:
            continue
        directives = rest if is_addressed else value.lower()
        found.update(directive.strip() for directive in directives.split(","))
    return frozenset(found)


def forbids_keeping(directives: Iterable[str]) -> bool:
    """Whether a page with these directives is not to be kept."""
    return not {"noindex", "none"}.isdisjoint(directives)


def forbids_following(directives: Iterable[str]) -> bool:
    """Whether the links of a page with these directives are not to be followed."""
    return not {"nofollow", "none"}.isdisjoint(directives)
