"""Fetches one URL: redirects hop by hop, limits, retries. Whatever happens becomes a result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from agents.crawl.backoff import RETRIED_STATUSES, backoff_seconds
from agents.crawl.body import read_body
from agents.crawl.decoding import ACCEPT_ENCODING
from agents.crawl.earlier import Seen
from agents.crawl.faults import (
    BAD_REDIRECT,
    PAGE_ERRORS,
    PageFault,
    failed,
    network_fault,
    status_refusal,
    timeout_fault,
)
from agents.crawl.media import PAGE_TYPES
from agents.crawl.pace import Pace
from agents.crawl.results import FetchResult, FetchStatus, Refusal
from agents.crawl.robots_tag import robots_directives
from agents.crawl.urls import join_links, origin_of
from agents.crawl.validators import Validators
from tasks.outbound.guard import AddressGuard, BlockedAddress
from tasks.outbound.retry_after import retry_after_seconds
from tasks.outbound.transport import GuardedTransport

Gate = Callable[[str], Awaitable[Refusal | None]]
"""Decides whether a redirect to a URL may be followed."""

NOT_MODIFIED = 304

_ACCEPT = "text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,*/*;q=0.1"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """The limits of fetching one page.

    Args:
        user_agent: how the crawler introduces itself, also to robots.txt.
        page_timeout: seconds that one attempt may take, redirects and body included, waits for
            the host's turn not.
        connect_timeout: seconds that a connection may take.
        max_bytes: size limit of a decompressed body.
        retries: further attempts after a passing fault.
        max_redirects: hops that are followed.
        backoff_base, backoff_cap: seconds; see `backoff_seconds`.
        max_retry_after: seconds that a server may ask to wait for; asked for more, the page fails.
    """

    user_agent: str
    page_timeout: float = 20.0
    connect_timeout: float = 10.0
    max_bytes: int = 5_000_000
    retries: int = 2
    max_redirects: int = 10
    backoff_base: float = 0.5
    backoff_cap: float = 10.0
    max_retry_after: float = 60.0


def crawl_client(
    guard: AddressGuard, policy: FetchPolicy, *, connections: int
) -> httpx.AsyncClient:
    """The HTTP client of one crawl. Close it, or use it as a context manager."""
    return httpx.AsyncClient(
        transport=GuardedTransport(guard, connections=connections),
        headers={
            "User-Agent": policy.user_agent,
            "Accept": _ACCEPT,
            "Accept-Encoding": ACCEPT_ENCODING,
        },
        timeout=httpx.Timeout(policy.page_timeout, connect=policy.connect_timeout, pool=None),
        # Pages are fetched in any order, so what one of them sets must not change the others.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Ask:
    """What is sent with a request; for pages, nothing.

    Args:
        headers: besides, or in place of, those of every request.
    """

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


PLAIN = Ask()


@dataclass(slots=True)
class _Errand:
    """One fetch: what is asked on the way, and how long it took.

    Args:
        gate, accept, ask, seen: see `Fetcher.fetch`.
        limit: ends the attempt; it stands still while the page waits for its turn.
        seconds: spent on requests so far, without any waiting between them.
    """

    gate: Gate | None
    accept: Collection[str] | None
    ask: Ask
    seen: Seen | None = None
    limit: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None))
    seconds: float = 0.0

    @asynccontextmanager
    async def paused(self, turn: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
        """Hold the turn, without counting how long it was waited for."""
        left = (self.limit.when() or 0.0) - _now()
        self.limit.reschedule(None)
        async with turn:
            started = _now()
            self.limit.reschedule(started + left)
            try:
                yield
            finally:
                self.seconds += _now() - started


class Fetcher:
    """Fetches URLs under a policy, at the pace of their hosts.

    Args:
        client: made by `crawl_client`; it keeps to the guard at every connection.
        guard: asked before redirects too, so that they have a reason of their own.
        pace: asked before each request, also of a redirect.
    """

    def __init__(
        self, client: httpx.AsyncClient, guard: AddressGuard, policy: FetchPolicy, pace: Pace
    ) -> None:
        self._client = client
        self._guard = guard
        self._policy = policy
        self._pace = pace

    async def fetch(
        self,
        url: str,
        *,
        gate: Gate | None = None,
        accept: Collection[str] | None = PAGE_TYPES,
        ask: Ask = PLAIN,
        seen: Seen | None = None,
    ) -> FetchResult:
        """Fetch a normalized URL. The page's own faults are results, never exceptions.

        Args:
            gate: asked before each redirect.
            accept: the media types that are read; None reads any.
            ask: what is sent, also to where a redirect leads.
            seen: the page as it was; if it still is, its body is not sent again.
        """
        errand = _Errand(gate, accept, ask, seen)
        attempt = 0
        while True:
            try:
                result = await self._attempt(url, errand)
                break
            except PageFault as fault:
                if not self._is_worth_a_retry(fault, attempt):
                    result = _result_of(fault)
                    break
            await asyncio.sleep(self._backoff(attempt))
            attempt += 1
        return replace(result, duration_ms=round(errand.seconds * 1000))

    def _is_worth_a_retry(self, fault: PageFault, attempt: int) -> bool:
        return (
            fault.transient
            and attempt < self._policy.retries
            and fault.retry_after <= self._policy.max_retry_after
        )

    def _backoff(self, attempt: int) -> float:
        policy = self._policy
        return backoff_seconds(attempt, base=policy.backoff_base, cap=policy.backoff_cap)

    async def _attempt(self, url: str, errand: _Errand) -> FetchResult:
        try:
            async with asyncio.timeout(self._policy.page_timeout) as errand.limit:
                return await self._follow(url, errand)
        except TimeoutError as error:
            raise timeout_fault(url, self._policy.page_timeout) from error

    async def _follow(self, url: str, errand: _Errand) -> FetchResult:
        visited = [url]
        while True:
            answer = await self._in_turn(visited[-1], errand)
            if isinstance(answer, FetchResult):
                return answer
            visited.append(await self._next_hop(visited, answer, errand.gate))

    async def _in_turn(self, url: str, errand: _Errand) -> FetchResult | str:
        """One request at its host's turn, from which the pace learns."""
        origin = origin_of(url)
        async with errand.paused(self._pace.turn(origin)):
            if seconds := self._pace.rest_of(origin):
                raise PageFault(_resting(seconds), url)
            try:
                answer = await self._request(url, errand)
            except PageFault as fault:
                self._learn_from(fault, origin)
                raise
            self._pace.answered(origin)
            return answer

    def _learn_from(self, fault: PageFault, origin: str) -> None:
        if fault.http_status not in RETRIED_STATUSES:
            return
        if fault.retry_after > self._policy.max_retry_after:
            self._pace.close(origin, fault.retry_after)
        else:
            self._pace.overloaded(origin, retry_after=fault.retry_after)

    async def _next_hop(self, visited: list[str], location: str, gate: Gate | None) -> str:
        """Where a redirect leads, if it may be followed."""
        here = visited[-1]
        target = _target(here, location)
        if target in visited:
            raise PageFault(
                failed("redirect_loop", f"It redirects in a circle, to {target}."), here
            )
        if len(visited) > self._policy.max_redirects:
            reason = f"It redirects more than {self._policy.max_redirects} times."
            raise PageFault(failed("too_many_redirects", reason), here)
        refusal = self._private(target) or (await gate(target) if gate else None)
        if refusal:
            raise PageFault(refusal, target)
        return target

    def _private(self, target: str) -> Refusal | None:
        try:
            self._guard.check_url(target)
        except BlockedAddress as error:
            return failed(f"redirect_{error.code}", f"It redirects to {target}. {error}")
        return None

    async def _request(self, url: str, errand: _Errand) -> FetchResult | str:
        """One request: the page, or where it redirects to."""
        ask = errand.ask
        seen = errand.seen if errand.seen and errand.seen.url == url else None
        conditions = seen.validators.conditions if seen else {}
        try:
            async with self._client.stream(
                ask.method, url, headers={**ask.headers, **conditions}, content=ask.content
            ) as response:
                if response.has_redirect_location:
                    return response.headers["location"]
                if seen and conditions and response.status_code == NOT_MODIFIED:
                    return _unchanged(seen)
                if not response.is_success:
                    raise _status_fault(url, response)
                return await self._read(url, response, errand.accept)
        except PageFault as fault:
            fault.http_status = response.status_code
            raise
        except PAGE_ERRORS as error:
            raise network_fault(error, url) from error

    async def _read(
        self, url: str, response: httpx.Response, accept: Collection[str] | None
    ) -> FetchResult:
        result = FetchResult(
            FetchStatus.FETCHED,
            url,
            http_status=response.status_code,
            content_type=response.headers.get("content-type", "text/html"),
            validators=Validators.of(response.headers),
            robots=robots_directives(
                response.headers.get_list("x-robots-tag"), self._policy.user_agent
            ),
        )
        if accept is not None and result.media_type not in accept:
            raise PageFault(_unsupported(result.media_type), url)
        body = await read_body(
            response, url, max_bytes=self._policy.max_bytes, readable_only=accept is not None
        )
        return replace(result, body=body)


def _unchanged(seen: Seen) -> FetchResult:
    return FetchResult(
        FetchStatus.FETCHED,
        seen.url,
        http_status=NOT_MODIFIED,
        validators=seen.validators,
        is_unchanged=True,
    )


def _target(base: str, location: str) -> str:
    target = next(iter(join_links(base, [location])), "")
    if not target:
        raise PageFault(BAD_REDIRECT, base)
    return target


def _status_fault(url: str, response: httpx.Response) -> PageFault:
    status = response.status_code
    if status not in RETRIED_STATUSES:
        return PageFault(status_refusal(status), url)
    retry_after = retry_after_seconds(response.headers.get("retry-after", ""))
    return PageFault(status_refusal(status), url, transient=True, retry_after=retry_after)


def _resting(seconds: float) -> Refusal:
    return failed(
        "host_resting",
        f"The server asked not to be asked again for {seconds:.0f} seconds, which is longer than "
        "a crawl waits.",
    )


def _unsupported(media_type: str) -> Refusal:
    return Refusal(
        "unsupported_type",
        f"It is {media_type or 'of no type'}; only HTML, text and documents are read.",
    )


def _result_of(fault: PageFault) -> FetchResult:
    refusal = fault.refusal
    return FetchResult(
        refusal.status, fault.url, refusal.code, refusal.reason, http_status=fault.http_status
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
