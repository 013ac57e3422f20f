"""Step 2: the pages within scope are fetched, and each URL and document gets a row."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.conf import settings

from agents.crawl.batch import Outcome
from agents.crawl.crawler import Crawler
from agents.crawl.earlier import Earlier
from agents.crawl.frontier import KNOWN_PER_PAGE, Frontier
from agents.crawl.rendering.rendering import NOT_RENDERED, Render
from agents.crawl.results import FetchStatus
from agents.crawl.scope import Reach, Scope
from agents.crawl.site_lists import ListLimits, SiteLists
from agents.documents.pages import take_up
from agents.fetching import fetching
from agents.steps.page_store import PageStore
from agents.steps.reading import PAGES_AT_ONCE
from agents.steps.start_over import FetchedBefore, StartOverStore, drop_aside, fetched_before
from tasks.context import StepContext
from tasks.errors import PermanentError

TOLERATED_FAILURES = 3
TOLERATED_FAILURE_RATE = 0.1
"""A build fails when more pages fail than both of these allow."""

_REASONS_SHOWN = 5


async def scrape(ctx: StepContext) -> dict[str, Any]:
    """Fetch every page within scope. Executed again, it fetches what has no outcome yet.

    Returns:
        `{"pages", "failed", "skipped"}`: how many URLs were fetched, failed, or left out.

    Raises:
        PermanentError: `no_pages`, or `too_many_failures`.
    """
    validated = ctx.outputs["validate"]
    agent_id = UUID(validated["agent_id"])
    known = await ctx.in_thread(fetched_before, agent_id)
    store, earlier = StartOverStore(agent_id, known), FetchedBefore(ctx, known)
    crawl = Scrape(ctx, agent_id, validated["params"], store, earlier, reads_ahead=True)
    output = await crawl.execute()
    await ctx.in_thread(drop_aside, agent_id)
    return output


class Scrape:
    """One attempt at the step. `begin` and `finish` run in the step's database thread.

    Args:
        store: the pages that are crawled.
        earlier: pages that need not be fetched while they are as they were.
        reads_ahead: hand fetched pages to processes that are idle meanwhile.
    """

    def __init__(
        self,
        ctx: StepContext,
        agent_id: UUID,
        plan: dict[str, Any],
        store: PageStore,
        earlier: Earlier | None = None,
        *,
        reads_ahead: bool = False,
    ) -> None:
        self._ctx = ctx
        self._agent_id = agent_id
        self._urls: list[str] = plan["urls"]
        self._document_ids: list[str] = plan["documents"]
        self._documents = 0
        self._store = store
        self._earlier = earlier
        self._reads_ahead = reads_ahead
        self._unread: list[int] = []
        self._render = Render(plan.get("render", Render.AUTO))
        self._frontier = Frontier(plan["max_pages"])
        self._scope = Scope(
            self._urls,
            max_depth=plan["max_depth"],
            reach=Reach(plan["scope"]),
            include=plan["include"],
            exclude=plan["exclude"],
        )

    async def execute(self) -> dict[str, Any]:
        """Fetch what has no outcome yet: the step's output."""
        await self._ctx.in_thread(self.begin)
        await self.crawl()
        return await self._ctx.in_thread(self.finish)

    def begin(self) -> None:
        """Take up the frontier where it was left, or start it."""
        with self._ctx.transaction():
            if self._ctx.attempt == 1:
                # Somebody asked for a retry of the task: what failed gets a new chance.
                self._store.forget_failures()
            self._store.restore(self._frontier, self._scope)
            found = [self._frontier.add(url, 0) for url in self._urls]
            self._store.add(entry for entry in found if entry)
            self._documents = take_up(self._agent_id, self._document_ids)
            self._report()
        if self._urls:
            self._ctx.log(f"Fetching from {', '.join(self._urls)}.")

    async def crawl(self) -> None:
        """Fetch until the frontier is empty or the limit of pages is reached."""
        if not self._urls:
            return
        concurrency = settings.AGENTFORGE_CRAWL_CONCURRENCY
        async with fetching(self._render) as tools:
            limits = ListLimits(urls=self._frontier.max_pages * KNOWN_PER_PAGE)
            lists = SiteLists(tools.list_fetcher, tools.robots, self._scope, limits)
            crawler = Crawler(
                tools.fetcher,
                tools.robots,
                self._scope,
                self._frontier,
                lists,
                tools.rendering,
                concurrency=concurrency,
                earlier=self._earlier,
            )
            async with aclosing(crawler.batches()) as batches:
                async for outcomes in batches:
                    await self._ctx.in_thread(self._save, outcomes)
            await self._ctx.in_thread(self._save_lists, lists)

    def finish(self) -> dict[str, Any]:
        """Settle what is left, and judge the whole."""
        with self._ctx.transaction():
            self._store.skip_pending(
                "max_pages",
                f"The limit of {self._frontier.max_pages} pages was reached before its turn.",
            )
        counts, skipped = self._store.counts, self._store.skipped
        fetched, failed = counts[FetchStatus.FETCHED], self._store.failed
        if not fetched and not self._documents:
            raise PermanentError(self._no_pages(), code="no_pages")
        if failed > max(TOLERATED_FAILURES, TOLERATED_FAILURE_RATE * (fetched + failed)):
            raise PermanentError(
                f"{failed} of {fetched + failed} pages failed, which is too many to go on. Most "
                f"frequent reason: {self._store.commonest_failure()}",
                code="too_many_failures",
            )
        self._ctx.log(f"{fetched} pages fetched, {failed} failed, {skipped} skipped.")
        self._log_unrendered()
        return {"pages": fetched, "failed": failed, "skipped": skipped}

    def _save(self, outcomes: list[Outcome]) -> None:
        with self._ctx.transaction():
            here = self._store.save(outcomes)
            self._store.note_spellings(self._frontier.new_spellings())
            for outcome in outcomes:
                self._log_failure(outcome)
            self._report()
        if self._reads_ahead:
            self._hand_ahead(here)

    def _hand_ahead(self, pages: list[int]) -> None:
        """Let others read pages that are here, as many as make a batch of the next step."""
        self._unread += pages
        batch = self._unread[:PAGES_AT_ONCE]
        if len(batch) == PAGES_AT_ONCE and self._ctx.hand_ahead(batch):
            del self._unread[:PAGES_AT_ONCE]

    def _save_lists(self, lists: SiteLists) -> None:
        with self._ctx.transaction():
            self._store.note_changes(lists.changed_at)
        for file in lists.files:
            if file.result.is_fetched:
                kept = f"{file.kept} of {file.listed} URLs are within the scope"
                self._ctx.log(f"{file.kind} read at {file.url}: {kept}.")
            elif file.announced:
                message = f"The {file.kind} {file.url} could not be read: {file.result.reason}"
                self._ctx.log(message, level="warning", code=file.result.reason_code)

    def _log_failure(self, outcome: Outcome) -> None:
        result = outcome.result
        if result.status is FetchStatus.FAILED:
            message = f"{outcome.entry.url} failed: {result.reason}"
            self._ctx.log(message, level="warning", code=result.reason_code)

    def _log_unrendered(self) -> None:
        number, notice = self._store.noted(NOT_RENDERED)
        if number:
            pages = "1 page needs" if number == 1 else f"{number} pages need"
            message = f"{pages} JavaScript to show what they hold. Of the first: {notice}"
            self._ctx.log(message, level="warning", code=NOT_RENDERED)

    def _report(self) -> None:
        counts = self._store.counts
        fetched, failed, skipped = (counts[status.value] for status in FetchStatus)
        wanted = fetched + failed + self._frontier.open_pages
        details = f"{fetched} of {wanted} pages fetched, {failed} failed"
        if self._documents:
            details += f", {self._documents} uploaded"
        here = skipped + self._documents
        self._ctx.progress(fetched + failed + here, wanted + here, details)

    def _no_pages(self) -> str:
        rows = self._store.pages.order_by("position").values_list("url", "reason")
        reasons = " ".join(f"{url}: {reason}" for url, reason in rows[:_REASONS_SHOWN])
        return f"No page could be fetched. {reasons}"
