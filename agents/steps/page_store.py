"""The pages of an agent while they are crawled: pending rows are the frontier."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Value, When
from django.utils import timezone

from agents.crawl.batch import Outcome
from agents.crawl.frontier import Entry, Frontier
from agents.crawl.results import FetchResult, Refusal
from agents.crawl.scope import Scope
from agents.models import DOCUMENT_SCHEME, Page, PageContent, PageStatus
from agents.rows import insert_each

_OUTCOME_FIELDS = [
    "status",
    "reason_code",
    "reason",
    "http_status",
    "final_url",
    "canonical_url",
    "content_type",
    "bytes",
    "duration_ms",
    "rendered",
    "fetched_at",
    "body_hash",
    "etag",
    "last_modified",
    "content_hash",
    "keeps",
]
_LEFT_BEHIND = ("status", "body_hash", "final_url", "fetched_at", "other_spelling")
"""What an interrupted crawl goes on from."""
_SPELLINGS_AT_ONCE = 100
"""In one statement."""

_WITHOUT_CONTENT = (PageStatus.PENDING, PageStatus.SKIPPED, PageStatus.FAILED)


_FAST = 1
"""zlib's quickest level: a third of the time of its default, for a tenth more bytes."""


class PageStore:
    """Reads and writes the rows of one agent's crawl. It counts what it writes.

    Args:
        agent_id: whose pages they are.
    """

    def __init__(self, agent_id: UUID) -> None:
        self._agent_id = agent_id
        pages = Page.objects.filter(agent_id=agent_id)
        self.pages = pages.exclude(url__startswith=DOCUMENT_SCHEME)
        self.counts: Counter[str] = Counter()

    def forget_failures(self) -> None:
        """Put the failed pages back into the frontier."""
        blank = Page(agent_id=self._agent_id)
        values = {name: getattr(blank, name) for name in _OUTCOME_FIELDS}
        self.pages.filter(status=PageStatus.FAILED).update(**values)

    def restore(self, frontier: Frontier, scope: Scope) -> None:
        """Fill the frontier with the rows that are there, and count them."""
        waiting: list[Entry] = []
        done: list[tuple[Entry, str]] = []
        left_out: list[Entry] = []
        spellings: dict[int, str] = {}
        rows = self.pages.values_list("depth", "position", "url", *_LEFT_BEHIND)
        for depth, position, url, *found in rows.iterator():
            status, body_hash, final_url, fetched_at, spelling = found
            entry = Entry(depth, position, url)
            if spelling:
                spellings[position] = spelling
            if status == PageStatus.PENDING:
                waiting.append(entry)
                continue
            if status == PageStatus.SKIPPED and fetched_at is None:
                left_out.append(entry)
                continue
            done.append((entry, final_url))
            # Reading it may have come to another end since.
            self.counts[PageStatus.FETCHED if body_hash else _fetch_status(status)] += 1
            if depth == 0 and final_url:
                scope.follow(url, final_url)
        counted = self.counts[PageStatus.FETCHED] + self.counts[PageStatus.FAILED]
        frontier.restore(waiting, done, left_out, spellings, counted=counted)

    def add(self, entries: Iterable[Entry]) -> None:
        """Write entries of the frontier that have no row yet."""
        insert_each([self._row(entry) for entry in entries])

    def save(self, outcomes: list[Outcome]) -> list[int]:
        """Write outcomes and what they found, each row once, and count the outcomes.

        Returns:
            The ids of the pages whose bodies are here now.
        """
        rows: dict[str, Page] = {}
        for outcome in outcomes:
            rows |= {entry.url: self._row(entry) for entry in outcome.found}
            rows |= {entry.url: self._left_out(entry, why) for entry, why in outcome.left_out}
            rows[outcome.entry.url] = self._fetched(outcome)
        insert_each(
            [*rows.values()], unique=["agent", "url"], overwrite=["depth", *_OUTCOME_FIELDS]
        )
        here = {o.entry.position: o for o in outcomes if _is_here(rows[o.entry.url])}
        known = list(self.pages.filter(position__in=here).values_list("pk", "position"))
        insert_each(
            [_content(pk, here[position]) for pk, position in known],
            unique=["page"],
            overwrite=["raw", "links"],
        )
        self.counts.update(outcome.result.status.value for outcome in outcomes)
        return [pk for pk, _ in known]

    def note_spellings(self, spellings: Mapping[int, str]) -> None:
        """Write down under which other URL a page was found, by its position."""
        positions = list(spellings)
        for start in range(0, len(positions), _SPELLINGS_AT_ONCE):
            some = positions[start : start + _SPELLINGS_AT_ONCE]
            urls = [When(position=position, then=Value(spellings[position])) for position in some]
            self.pages.filter(position__in=some).update(other_spelling=Case(*urls))

    def skip_pending(self, code: str, reason: str) -> None:
        """Give the pages that nobody will fetch any more their outcome."""
        pending = self.pages.filter(status=PageStatus.PENDING)
        pending.update(status=PageStatus.SKIPPED, reason_code=code, reason=reason)

    def note_changes(self, changed_at: Callable[[str], datetime | None]) -> None:
        """Write down when each fetched page changed last, where `changed_at` knows of its URL."""
        here = self.pages.exclude(status__in=_WITHOUT_CONTENT)
        pages = list(here.only("pk", "url"))
        for page in pages:
            page.changed_at = changed_at(page.url)
        known = (page for page in pages if page.changed_at)
        Page.objects.bulk_update(known, ["changed_at"], batch_size=500)

    @property
    def failed(self) -> int:
        """How many pages should have been fetched, but could not be."""
        return self.counts[PageStatus.FAILED]

    @property
    def skipped(self) -> int:
        """How many URLs were left out on purpose, those among them that were only seen."""
        return self.pages.filter(status=PageStatus.SKIPPED, body_hash="").count()

    def noted(self, code: str) -> tuple[int, str]:
        """How many fetched pages have the notice `code`, and what it says on the first of them."""
        here = self.pages.exclude(status__in=_WITHOUT_CONTENT)
        noted = here.filter(reason_code=code).order_by("position")
        notices = noted.values_list("reason", flat=True)
        return noted.count(), notices.first() or ""

    def commonest_failure(self) -> str:
        """The reason that most of the failed pages share, in a sentence."""
        failures = self.pages.filter(status=PageStatus.FAILED, body_hash="")
        groups = failures.values("reason_code").annotate(size=Count("id")).order_by("-size")
        code = groups.values_list("reason_code", flat=True)[0]
        return failures.filter(reason_code=code).values_list("reason", flat=True)[0]

    def _row(self, entry: Entry, **values: Any) -> Page:
        return Page(
            agent_id=self._agent_id,
            url=entry.url,
            position=entry.position,
            depth=entry.depth,
            **values,
        )

    def _left_out(self, entry: Entry, refusal: Refusal) -> Page:
        return self._row(
            entry,
            status=refusal.status.value,
            reason_code=refusal.code,
            reason=refusal.reason[:500],
        )

    def _fetched(self, outcome: Outcome) -> Page:
        values = _outcome_values(outcome.result)
        return self._row(outcome.entry, canonical_url=outcome.canonical, **values)


def _outcome_values(result: FetchResult) -> dict[str, Any]:
    return {
        "status": result.status.value,
        "reason_code": result.reason_code,
        "reason": result.reason[:500],
        "http_status": result.http_status,
        "final_url": result.final_url,
        "content_type": result.content_type[:100],
        "bytes": len(result.body),
        "duration_ms": result.duration_ms,
        "rendered": result.rendered,
        "fetched_at": timezone.now(),
        "body_hash": hashlib.sha256(result.body).hexdigest() if result.is_fetched else "",
        "etag": result.validators.etag,
        "last_modified": result.validators.last_modified,
    }


def _is_here(page: Page) -> bool:
    return page.status == PageStatus.FETCHED


def _content(page_id: int, outcome: Outcome) -> PageContent:
    return PageContent(
        page_id=page_id,
        raw=zlib.compress(outcome.result.body, _FAST),
        links=zlib.compress("\n".join(outcome.links).encode()),
    )


def _fetch_status(status: str) -> str:
    """What the fetch of a page came to that has this status: it may be read already."""
    return status if status in _WITHOUT_CONTENT else PageStatus.FETCHED
