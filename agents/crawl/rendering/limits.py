"""How much rendering one page may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """The limits of a browser and of each page in it.

    Args:
        seconds: that one page may take, what its scripts fetch included.
        rest_seconds: after which a page that never comes to rest is taken as it is.
        memory_bytes: that all processes of the browser may have for themselves.
        pages_at_once: in one browser.
        page_bytes: of the HTML that a page becomes.
        nodes: elements that a page may have.
        requests: that the scripts of one page may make.
        bytes: that these may bring.
        upload_bytes: that one of them may send.
        navigations: how often a page may load itself anew.
    """

    seconds: float = 20.0
    rest_seconds: float = 10.0
    memory_bytes: int = 1_000_000_000
    pages_at_once: int = 2
    page_bytes: int = 5_000_000
    nodes: int = 100_000
    requests: int = 200
    bytes: int = 30_000_000
    upload_bytes: int = 65_536
    navigations: int = 3


class NotRendered(Exception):
    """A page could not be rendered. The message is a sentence for a person."""
