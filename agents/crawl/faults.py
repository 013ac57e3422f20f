"""Turns what can go wrong with a page into a code and a sentence."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import httpx

from agents.crawl.decoding import DECODING_ERRORS
from agents.crawl.results import FetchStatus, Refusal
from tasks.outbound.problems import NETWORK_ERRORS, cause_of, reaching_problem

PAGE_ERRORS = (*NETWORK_ERRORS, *DECODING_ERRORS)
"""What a request for a page can raise through no fault of ours."""

BAD_REDIRECT = Refusal(
    "bad_redirect",
    "It redirects to something that is no http or https URL.",
    FetchStatus.FAILED,
)


class PageFault(Exception):
    """The page ends here, or this attempt at it.

    Args:
        refusal: what becomes of it, and why.
        url: where that happened, after redirects.
        transient: whether another attempt may succeed.
        retry_after: seconds that the server asked to wait for.
    """

    def __init__(
        self, refusal: Refusal, url: str, *, transient: bool = False, retry_after: float = 0.0
    ) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.url = url
        self.transient = transient
        self.retry_after = retry_after
        self.http_status: int | None = None


def failed(code: str, reason: str) -> Refusal:
    """A page that should have been fetched, but could not be."""
    return Refusal(code, reason, FetchStatus.FAILED)


def timeout_fault(url: str, seconds: float) -> PageFault:
    """The page took longer than it may."""
    reason = f"The server did not send the whole page within {seconds:g} seconds."
    return PageFault(failed("timeout", reason), url, transient=True)


def status_refusal(status: int) -> Refusal:
    """The reason of an HTTP status that brings no page."""
    try:
        answer = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        answer = str(status)
    return failed(f"http_{status}", f"The server answered {answer}.")


def network_fault(error: Exception, url: str) -> PageFault:
    """The fault that the exception of a request to `url` stands for."""
    cause = cause_of(error)
    host = urlsplit(url).hostname or url
    refusal, transient = _explain(cause, host)
    return PageFault(refusal, url, transient=transient)


def _explain(cause: BaseException, host: str) -> tuple[Refusal, bool]:
    """Why the request failed, and whether another may succeed."""
    if problem := reaching_problem(cause, host):
        return failed(problem.code, problem.reason), problem.transient
    match cause:
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | OSError():
            return failed("connection_lost", f"{host} hung up before the page was complete."), True
        case httpx.RemoteProtocolError() | httpx.InvalidURL():
            # httpx itself looks at where a redirect leads, although it is not to follow it.
            return BAD_REDIRECT, False
    if isinstance(cause, DECODING_ERRORS):
        return failed("bad_encoding", "The page's compression is damaged."), False
    return failed("bad_answer", f"{host} sent an answer that is not valid HTTP."), False
