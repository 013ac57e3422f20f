"""Which URLs belong to a crawl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from fnmatch import translate
from urllib.parse import SplitResult, urljoin, urlsplit

from agents.crawl.results import Refusal

_DEFAULT_PORTS = {"http": 80, "https": 443}
# fmt: off
_NOT_PAGES = frozenset({
    "7z", "apk", "avi", "avif", "bin", "bmp", "bz2", "css", "deb", "dmg", "doc",
    "eot", "eps", "epub", "exe", "flac", "gif", "gz", "ico", "iso", "jar", "jpeg",
    "jpg", "js", "json", "m4a", "m4v", "map", "mjs", "mkv", "mov", "mp3", "mp4", "mpeg",
    "mpg", "msi", "odp", "ods", "odt", "ogg", "ogv", "otf", "png", "ppt", "pptx",
    "ps", "rar", "rpm", "rss", "svg", "svgz", "swf", "tar", "tbz", "tgz", "tif", "tiff",
    "ttf", "wasm", "wav", "webm", "webp", "whl", "wmv", "woff", "woff2", "xls",
    "xml", "xz", "zip", "zst",
})
# fmt: on


class Reach(StrEnum):
    """How far around a start URL the crawl may go."""

    PATH = "path"
    """Its directory: `https://example.com/docs/index.html` stands for all below `/docs/`."""
    HOST = "host"
    """Its whole host."""
    SUBDOMAINS = "subdomains"
    """Its host, without `www.`, and every subdomain of that."""


_OUTSIDE = {
    Reach.PATH: Refusal("out_of_scope", "It is outside the directories of the start URLs."),
    Reach.HOST: Refusal("out_of_scope", "It is on another host than the start URLs."),
    Reach.SUBDOMAINS: Refusal(
        "out_of_scope", "It is on no host of the start URLs, nor on a subdomain of one."
    ),
}


class Scope:
    """The bounds of a crawl: where it may go, how deep, and what it leaves out.

    Where a start URL redirects within its site, its target counts instead.

    Args:
        start_urls: normalized.
        max_depth: how many links away from a start URL a page may be.
        reach: how far around each start URL a page may be.
        include: globs; if there are any, a page must match one. Start URLs need not.
        exclude: globs; a page that matches one is left out, also a start URL.

    A glob matches the whole URL or its whole path; `*` matches slashes as well.
    """

    def __init__(
        self,
        start_urls: Iterable[str],
        *,
        max_depth: int,
        reach: Reach = Reach.PATH,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> None:
        self.max_depth = max_depth
        self._reach = reach
        self._include = _compiled(include)
        self._exclude = _compiled(exclude)
        self._targets = {url: url for url in start_urls}
        self._places = {url: _place(urlsplit(url)) for url in self._targets}

    @property
    def directories(self) -> list[str]:
        """The URL of each start URL's directory, where that has moved to, once each."""
        return list(dict.fromkeys(urljoin(target, ".") for target in self._targets.values()))

    def follow(self, start_url: str, target: str) -> None:
        """Let the directory of `target` stand for `start_url` if that has moved there within its
        site: from /latest/ to /5.2/, to www., or from /docs, which is in the directory / of the
        whole host, to /docs/."""
        if is_same_site(start_url, target):
            self._targets[start_url] = target
            self._places[start_url] = _place(urlsplit(target))

    def refusal(self, url: str, depth: int) -> Refusal | None:
        """Why a normalized URL, `depth` links away from the start, is left out; None if it is
        in scope."""
        parts = urlsplit(url)
        if not self._covers(parts):
            return _OUTSIDE[self._reach]
        if depth > self.max_depth:
            reason = f"It is more than {self.max_depth} links away from the start URLs."
            return Refusal("too_deep", reason)
        if _extension(parts.path) in _NOT_PAGES:
            return Refusal("not_a_page", "Its name is that of a file which is not read as a page.")
        if self._include and not _matches(self._include, url, parts):
            return Refusal("not_included", "It matches none of the include patterns.")
        return self.start_refusal(url)

    def start_refusal(self, url: str) -> Refusal | None:
        """Why a start URL is left out: only an exclude pattern can do that."""
        if self._exclude and _matches(self._exclude, url, urlsplit(url)):
            return Refusal("excluded", "It matches an exclude pattern.")
        return None

    def _covers(self, parts: SplitResult) -> bool:
        # A directory's own URL may be written without its final slash.
        host, path = _host(parts), parts.path + "/"
        return any(
            self._reaches(place_host, host)
            and (self._reach is not Reach.PATH or path.startswith(directory))
            for place_host, directory in self._places.values()
        )

    def _reaches(self, place: str, host: str) -> bool:
        if host == place:
            return True
        domain = place.removeprefix("www.")
        return self._reach is Reach.SUBDOMAINS and (host == domain or host.endswith(f".{domain}"))


def _place(parts: SplitResult) -> tuple[str, str]:
    """The host and directory of a URL."""
    return _host(parts), parts.path[: parts.path.rindex("/") + 1]


def is_same_site(one: str, other: str) -> bool:
    """Whether two normalized URLs are on one host, with or without `www.`."""
    hosts = (_host(urlsplit(url)).removeprefix("www.") for url in (one, other))
    return len(set(hosts)) == 1


def _host(parts: SplitResult) -> str:
    """The host, with its port unless that is the scheme's own: http and https are one site."""
    port = parts.port
    if port is None or port == _DEFAULT_PORTS[parts.scheme]:
        return parts.hostname or ""
    return f"{parts.hostname}:{port}"


def _compiled(globs: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(translate(glob) for glob in globs)) if globs else None


def _matches(globs: re.Pattern[str], url: str, parts: SplitResult) -> bool:
    return bool(globs.match(url) or globs.match(parts.path))


def _extension(path: str) -> str:
    name, dot, extension = path.rpartition("/")[2].rpartition(".")
    return extension.lower() if name and dot else ""
