"""What becomes of a URL: fetched, failed or skipped, with a reason that a person can read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from agents.crawl.validators import NO_VALIDATORS, Validators


class FetchStatus(StrEnum):
    """How the fetch of one URL ended."""

    FETCHED = "fetched"
    """Its body is here."""
    FAILED = "failed"
    """It should have been fetched, but could not be."""
    SKIPPED = "skipped"
    """It was left out on purpose."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a URL is not to be fetched, or its answer not to be kept.

    Args:
        status: `FAILED` or `SKIPPED`.
        code: a short name of the reason, for machines.
        reason: one sentence for a person.
    """

    code: str
    reason: str
    status: FetchStatus = FetchStatus.SKIPPED


@dataclass(frozen=True, slots=True)
class FetchResult:
    """How one URL ended.

    Args:
        reason_code: if it was fetched, empty or the code of a notice.
        http_status: of the last answer, None if there was none.
        final_url: where the redirects led.
        content_type: with the charset that the server named.
        body: decompressed; empty unless it was fetched.
        duration_ms: milliseconds that its requests, and a browser, took, without the waits before
            them.
        rendered: whether `body` is what a browser has made of it.
        validators: by which the server can be asked whether the page has changed.
        is_unchanged: the server said that the page is as it was, and sent no body.
        robots: the directives of its X-Robots-Tag header.
    """

    status: FetchStatus
    final_url: str
    reason_code: str = ""
    reason: str = ""
    http_status: int | None = None
    content_type: str = ""
    body: bytes = b""
    duration_ms: int = 0
    rendered: bool = False
    validators: Validators = NO_VALIDATORS
    is_unchanged: bool = False
    robots: frozenset[str] = frozenset()

    @classmethod
    def refused(cls, url: str, refusal: Refusal) -> FetchResult:
        """The result of a URL that nobody was asked for."""
        return cls(refusal.status, url, refusal.code, refusal.reason)

    def dropped(self, refusal: Refusal) -> FetchResult:
        """The result of a page that was fetched, but is not to be kept."""
        return replace(
            self,
            status=refusal.status,
            reason_code=refusal.code,
            reason=refusal.reason,
            body=b"",
        )

    def noted(self, code: str, notice: str) -> FetchResult:
        """The same page, with a notice for its owner."""
        return replace(self, reason_code=code, reason=notice)

    @property
    def is_fetched(self) -> bool:
        return self.status is FetchStatus.FETCHED

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()
