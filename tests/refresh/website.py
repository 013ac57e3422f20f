"""A website whose server knows when a page has changed, or does not, and counts what it sends."""

from __future__ import annotations

import hashlib
from collections import Counter
from urllib.parse import urlsplit

from tests.loopback import LoopbackServer, QuietHandler

FOREVER_AGO = "Mon, 01 Jan 2029 00:00:00 GMT"


def page(title: str, text: str, *links: str) -> str:
    """A page with a heading, a paragraph and links."""
    anchors = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    return (
        f"<!doctype html><html lang=en><title>{title}</title><main><h1>{title}</h1>"
        f"<p>{text}</p></main><nav>{anchors}</nav></html>"
    )


class Website(LoopbackServer):
    """Serves `{path: HTML}`; every other path is a 404, or what `statuses` says.

    Args:
        validators: what the server says of each page's state: "etag", "weak", "date" or "none".
        obeys: whether it answers 304 to who has the page; else it sends the same body again.

    `full` counts the answers with a body by path, `not_modified` those without.
    """

    def __init__(self, validators: str = "etag", *, obeys: bool = True) -> None:
        self.pages: dict[str, str] = {}
        self.statuses: dict[str, int] = {}
        self.dates: dict[str, str] = {}
        self.validators, self.obeys = validators, obeys
        self.full: Counter[str] = Counter()
        self.not_modified: Counter[str] = Counter()
        super().__init__(self._handler_class())

    def forget(self) -> None:
        """Count anew."""
        self.full.clear()
        self.not_modified.clear()

    def change(self, path: str, html: str) -> None:
        """Let the page be another from now on."""
        self.pages[path] = html
        self.dates[path] = "Tue, 02 Jan 2029 00:00:00 GMT"

    def headers_of(self, path: str) -> dict[str, str]:
        """The validators of a page."""
        digest = hashlib.sha256(self.pages[path].encode()).hexdigest()[:16]
        return {
            "etag": {"ETag": f'"{digest}"'},
            "weak": {"ETag": f'W/"{digest}"'},
            "date": {"Last-Modified": self.dates.get(path, FOREVER_AGO)},
            "none": {},
        }[self.validators]

    def is_held(self, path: str, asked: dict[str, str | None]) -> bool:
        """Whether who asks has the page as it is."""
        mine = self.headers_of(path)
        held = {"ETag": asked["If-None-Match"], "Last-Modified": asked["If-Modified-Since"]}
        return self.obeys and any(held[name] == value for name, value in mine.items())

    def _handler_class(self) -> type[QuietHandler]:
        site = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:  # noqa: N802 (the name is the standard library's)
                path = urlsplit(self.path).path
                status = site.statuses.get(path, 200 if path in site.pages else 404)
                names = ("If-None-Match", "If-Modified-Since")
                asked = {name: self.headers.get(name) for name in names}
                if status == 200 and site.is_held(path, asked):
                    site.not_modified[path] += 1
                    self._send(304, site.headers_of(path))
                elif status == 200:
                    site.full[path] += 1
                    self._send(200, site.headers_of(path), site.pages[path].encode())
                else:
                    self._send(status, {})

            def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


def manual(site: Website, pages: int = 8) -> None:
    """Fill the site: a home page that leads to chapters, each with a fact of its own."""
    chapters = [f"/chapter{number}" for number in range(1, pages)]
    site.pages["/"] = page("Manual", "The manual of the great lathe.", *chapters)
    for number, path in enumerate(chapters, 1):
        site.pages[path] = chapter(number, f"grade {number}")


def chapter(number: int, oil: str) -> str:
    """A chapter that says which oil its bearing takes."""
    return page(f"Chapter {number}", f"The bearing of shaft {number} takes oil of {oil}.", "/")
