"""URLs in one spelling each, as the WHATWG URL Standard parses them, so that equal pages meet."""

from __future__ import annotations

import re
from collections.abc import Iterable

import ada_url

from agents.crawl.tracking import without_tracking

MAX_LENGTH = 2048
"""Characters. Longer URLs are traps or data, not pages."""

_START = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#\\]*)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"\s*(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PERCENT = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class InvalidURL(ValueError):
    """A URL that cannot be crawled.

    Args:
        code: a short name of the reason, for machines.
        message: what is wrong with it and what to write instead.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def normalize_url(text: str) -> str:
    """The one spelling of the http or https URL that a person wrote.

    Scheme and host in lower case, the host in ASCII (IDNA), numeric hosts as the address they
    mean, no default port, no fragment, no dot segments, a path of at least "/", no parameters that
    only track, and each percent escape in the normal form of RFC 3986, section 6.2.2.

    Raises:
        InvalidURL: it is none, or holds what a crawl must not use (credentials).
    """
    text = text.strip()
    _check_spelling(text)
    try:
        url = ada_url.URL(text)
    except ValueError as error:
        raise InvalidURL("malformed", "This is not a valid URL. Check its host name.") from error
    if url.username or url.password:
        raise InvalidURL("credentials", "URLs with a user name or password are not accepted.")
    normal = without_tracking(_normal_escapes(url.href.partition("#")[0]))
    if len(normal) > MAX_LENGTH:
        raise InvalidURL("too_long", f"The URL is longer than {MAX_LENGTH} characters.")
    return normal


def origin_of(url: str) -> str:
    """Scheme, host and port of a normalized URL: what one robots.txt speaks for."""
    return url[: url.index("/", len("https://"))]


def join_links(base: str, hrefs: Iterable[str]) -> list[str]:
    """The http and https URLs that the `hrefs` of a page mean, once each, in the page's order.

    Fragments of the page itself, other schemes (mailto:, javascript:, tel:, data: …) and what is
    no URL are left out. Unique hrefs are resolved once: resolving costs as much as parsing.
    """
    unique = dict.fromkeys(href.partition("#")[0] for href in hrefs)
    joined = (_join(base, href) for href in unique)
    return list(dict.fromkeys(url for url in joined if url))


def _join(base: str, href: str) -> str | None:
    if not href or len(href) > MAX_LENGTH or _OTHER_SCHEME.match(href):
        return None
    try:
        url = ada_url.join_url(base, href)
    except ValueError:
        return None
    if not url.startswith(("http://", "https://")) or len(url) > MAX_LENGTH:
        return None
    if "@" in url and (parsed := ada_url.URL(url)) and (parsed.username or parsed.password):
        return None
    return without_tracking(_normal_escapes(url))


def _check_spelling(text: str) -> None:
    """Refuse what a browser would silently repair: in a request it is more likely a mistake."""
    if not text:
        raise InvalidURL("empty", "The URL is empty. Write one like https://example.com/docs/.")
    if len(text) > MAX_LENGTH:
        raise InvalidURL("too_long", f"The URL is longer than {MAX_LENGTH} characters.")
    if any(character.isspace() or not character.isprintable() for character in text):
        raise InvalidURL("whitespace", "The URL has a space or an invisible character in it.")
    start = _START.match(text)
    if start is None or start["scheme"].lower() not in ("http", "https"):
        raise InvalidURL("scheme", "The URL must start with http:// or https://.")
    _check_authority(start["authority"])


def _check_authority(authority: str) -> None:
    host, port = _split_port(authority.rpartition("@")[2])
    if not host:
        raise InvalidURL("no_host", "The URL names no host. Write one like https://example.com/.")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InvalidURL("bad_port", "The URL's port must be a number from 1 to 65535.")


def _split_port(host: str) -> tuple[str, str]:
    if host.endswith("]") or ":" not in host:
        return host, ""
    name, _, port = host.rpartition(":")
    return name, port


def _normal_escapes(url: str) -> str:
    return _PERCENT.sub(_normal_escape, url) if "%" in url else url


def _normal_escape(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()
