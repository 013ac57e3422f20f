"""Takes out of the content what stands beside it: related pages, subscriptions, walls of links."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from agents.knowledge.measures import Measures

_TITLES = re.compile(
    r"""(?ix)
    (?:other\ )?(?:related|recommended|similar|suggested|sponsored)(?:\ (?!to\b)\S+){0,3}
        (?:\ to\ explore)?
    | (?:you|people|customers|readers|shoppers)\ (?:may|might|who|also|will)\b.*
    | (?:read|keep|continue|further)\ (?:more|next|on|reading)
    | (?:frequently\ bought|recently\ viewed|follow|join|subscribe|sign\ up|newsletter)\b.*
    | stay\ (?:updated|informed|connected|up|in)\b.* | get\ the\ (?:latest|best)\b.*
    | (?:never|don.t)\ miss\b.* | (?:share|explore)\ (?:this|on|more)\b.*
    | (?:leave|add|post|write)\ a\ (?:reply|comment|review)\b.*
    | (?:\d+\ )?(?:reader\ )?(?:comments?|responses|replies)(?:\ \(?\d+\)?)?
    | about\ the\ authors? | (?:written|posted)\ by\b.* | filed\ under
    | tags | categories | quick\ links | share | advertisement | customer\ (?:reviews|ratings)
    | (?:table\ of\ )?contents | (?:on|in)\ this\ (?:page|article|guide)
    """
)
"""Headings that pages put over what is not theirs."""
_TITLES_OF_LISTS = re.compile(
    r"""(?ix)
    (?:more|also)\ (?:from|in|like|stories|articles|posts|news|products|reading|to\ explore)\b.*
    | (?:featured|trending)(?:\ \S+){0,3}
    | (?:latest|recent|popular|most)\ (?:news|posts|articles|stories|comments|read|popular|viewed
        |topics|threads|activity)
    """
)
"""The same, but over the content itself where a page lists others."""
_HEADINGS = "h1,h2,h3,h4,h5,h6"
_SIDE_SHARE = 0.4
_LONGEST_TITLE = 60
_MORE_THAN_A_TITLE = 20
_WALL_SHARE = 0.3
_SHORTEST_WALL = 60
_WALL_LINKS = 0.85
_MANY_LINKS = 0.3
"""A page with more of its text in links than this is itself a list of links."""
_FORMS_OF_A_PAGE = 5
"""Where there are more, each post of a forum is one."""
_FORM_SHARE = 0.1


def remove_side_matter(content: LexborNode, measures: Measures) -> None:
    """Remove in place the parts of `content` that speak of other pages or ask for something."""
    lists_pages = measures.of(content).link_share >= _MANY_LINKS
    _remove_titled(content, measures, _TITLES)
    _remove_forms(content, measures)
    if not lists_pages:
        _remove_titled(content, measures, _TITLES_OF_LISTS)
        _remove_walls_of_links(content, measures)


def _remove_titled(content: LexborNode, measures: Measures, titles: re.Pattern[str]) -> None:
    for heading in content.css(_HEADINGS):
        if not measures.holds(heading) or measures.of(heading).text > _LONGEST_TITLE:
            continue
        title = " ".join(heading.text().split()).rstrip(":….! ")
        if titles.fullmatch(title) and (part := _part_under(heading, content, measures)):
            measures.remove(part)


def _part_under(heading: LexborNode, content: LexborNode, measures: Measures) -> LexborNode | None:
    """The closest element that holds more than the heading, if it is only a part of the content."""
    most = _SIDE_SHARE * measures.of(content).text
    part = heading.parent
    while part is not None and part.mem_id != content.mem_id:
        size = measures.of(part).text
        if size > most or part.css_first("h1") is not None:
            return None
        if size > measures.of(heading).text + _MORE_THAN_A_TITLE:
            return part if _begins_with(heading, part) else None
        part = part.parent
    return None


def _begins_with(heading: LexborNode, part: LexborNode) -> bool:
    return "".join(part.text().split()).startswith("".join(heading.text().split()))


def _remove_forms(content: LexborNode, measures: Measures) -> None:
    forms = content.css("form")
    for form in forms if len(forms) <= _FORMS_OF_A_PAGE else []:
        if measures.holds(form):
            own = measures.of(form)
            if own.text < _FORM_SHARE * measures.of(content).text and not own.is_prose:
                measures.remove(form)


def _remove_walls_of_links(content: LexborNode, measures: Measures) -> None:
    most = _WALL_SHARE * measures.of(content).text
    for part in content.css("ul,ol,div,section,table,p"):
        if not measures.holds(part) or part.mem_id == content.mem_id:
            continue
        own = measures.of(part)
        if _SHORTEST_WALL <= own.text <= most and own.link_share > _WALL_LINKS:
            measures.remove(part)
