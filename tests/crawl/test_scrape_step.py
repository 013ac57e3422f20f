"""The scrape step: rows, progress, log lines, and what makes a build fail."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import Page
from agents.steps.scrape import scrape
from agents.steps.validate import validate
from tasks import lifecycle, workflows
from tasks.context import StepContext
from tasks.errors import LeaseLost, PermanentError
from tasks.interrupt import Interrupt
from tasks.lifecycle import Claim
from tasks.models import TaskEvent, TaskState
from tests.crawl.conftest import hang_until, redirect, reply
from tests.crawl.crawling import links
from tests.site import Site

pytestmark = pytest.mark.django_db(transaction=True)


class Build:
    """A build whose steps the tests execute one by one, as a worker does."""

    def __init__(self, owner: User, url: str, **params: Any) -> None:
        cleaned = workflows.get("build-agent").clean({"urls": [url], **params})
        self.task: TaskState = lifecycle.submit("build-agent", cleaned, owner).task
        claim = self.claim("validate")
        with closing(StepContext(claim, Interrupt())) as ctx:
            lifecycle.succeed(claim, asyncio.run(validate(ctx)))

    def claim(self, step: str) -> Claim:
        self.task.refresh_from_db()
        return lifecycle.claim(self.task.pk, self.task.run, step, "")

    def scrape(self) -> dict[str, Any]:
        """The step's output. Its claim is left as it is."""
        with closing(StepContext(self.claim("scrape"), Interrupt())) as ctx:
            output = asyncio.run(scrape(ctx))
            ctx.flush()
        return output

    def scrape_until_cancelled(self, moment: Callable[[], bool]) -> None:
        """Cut the step off at `moment`, and let the next attempt begin."""

        async def cut_off(ctx: StepContext) -> None:
            running = asyncio.create_task(scrape(ctx))
            while not await asyncio.to_thread(moment):
                assert not running.done()
                await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.wait([running], timeout=1)
            assert running.cancelled()

        claim = self.claim("scrape")
        with closing(StepContext(claim, Interrupt())) as ctx:
            asyncio.run(cut_off(ctx))
        lifecycle.postpone(claim, "The worker was stopped.", timedelta(0), 3)

    @property
    def rows(self) -> dict[str, tuple[str, str]]:
        """`{path: (status, reason code)}` of all rows, in the order found."""
        pages = Page.objects.filter(agent__build_task=self.task).order_by("position")
        return {"/" + p.url.split("/", 3)[3]: (p.status, p.reason_code) for p in pages}

    def log(self, level: str) -> list[str]:
        events = TaskEvent.objects.filter(task=self.task, type="log").order_by("seq")
        return [event.message for event in events if event.data.get("level") == level]


@pytest.fixture
def build(user: User, site: Site, settings: Any) -> Callable[..., Build]:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = ["127.0.0.1"]
    settings.AGENTFORGE_PAGE_RETRIES = 0
    return lambda **params: Build(user, f"{site.url}/", **params)


def many_pages(site: Site, *, fetched: int, failed: int) -> None:
    """A home page and others, some of which are missing. `fetched` includes the home page."""
    good = {f"/good/{n}": "<p>text</p>" for n in range(fetched - 1)}
    bad = {f"/bad/{n}": reply(410) for n in range(failed)}
    site.pages |= {"/": links(*good, *bad), **good, **bad}


def test_every_url_has_one_row_with_its_outcome(site: Site, build: Callable[..., Build]) -> None:
    site.pages |= {
        "/": links("/a", "/missing", "/image", "/old"),
        "/a": reply(body=b"<p>\xfc</p>", content_type="text/html; charset=iso-8859-1"),
        "/image": reply(body=b"GIF8", content_type="image/gif"),
        "/old": redirect("/a"),
    }
    run = build()
    assert run.scrape() == {"pages": 2, "failed": 1, "skipped": 2}
    assert run.rows == {
        "/": ("fetched", ""),
        "/a": ("fetched", ""),
        "/missing": ("failed", "http_404"),
        "/image": ("skipped", "unsupported_type"),
        "/old": ("skipped", "redirected"),
    }
    page = Page.objects.select_related("content").get(url=f"{site.url}/a")
    assert page.content.raw is not None
    assert zlib.decompress(page.content.raw) == b"<p>\xfc</p>"
    assert (page.http_status, page.bytes, page.depth) == (200, 8, 1)
    assert page.content_type == "text/html; charset=iso-8859-1"
    assert page.fetched_at is not None


def test_progress_ends_with_every_page_and_a_line_for_people(
    site: Site, build: Callable[..., Build]
) -> None:
    many_pages(site, fetched=60, failed=3)
    run = build()
    run.scrape()
    step = run.task.steps.get(name="scrape")
    assert (step.done, step.total) == (63, 63)
    run.task.refresh_from_db()
    assert run.task.details == "60 of 63 pages fetched, 3 failed"


def test_each_failed_page_is_a_warning_in_the_log(site: Site, build: Callable[..., Build]) -> None:
    many_pages(site, fetched=2, failed=2)
    run = build()
    run.scrape()
    assert sorted(run.log("warning")) == [
        f"{site.url}/bad/{n} failed: The server answered 410 Gone." for n in range(2)
    ]
    assert run.log("info")[-1] == "2 pages fetched, 2 failed, 0 skipped."


def test_no_page_at_all_fails_the_build_and_says_why(
    site: Site, build: Callable[..., Build]
) -> None:
    site.pages["/"] = reply(500)
    with pytest.raises(PermanentError) as caught:
        build().scrape()
    assert caught.value.code == "no_pages"
    assert f"{site.url}/: The server answered 500" in str(caught.value)


@pytest.mark.parametrize(("fetched", "failed"), [(5, 3), (50, 5)])
def test_a_few_failed_pages_do_not_fail_the_build(
    site: Site, build: Callable[..., Build], fetched: int, failed: int
) -> None:
    many_pages(site, fetched=fetched, failed=failed)
    assert build().scrape()["failed"] == failed


def test_too_many_failed_pages_fail_the_build_and_name_the_commonest_reason(
    site: Site, build: Callable[..., Build]
) -> None:
    many_pages(site, fetched=20, failed=4)
    with pytest.raises(PermanentError) as caught:
        build().scrape()
    assert caught.value.code == "too_many_failures"
    assert "4 of 24 pages" in str(caught.value)
    assert "410 Gone" in str(caught.value)


def test_skipped_pages_are_no_failures(site: Site, build: Callable[..., Build]) -> None:
    images = {f"/{n}": reply(content_type="image/gif") for n in range(10)}
    site.pages |= {"/": links(*images), **images}
    assert build().scrape() == {"pages": 1, "failed": 0, "skipped": 10}


def test_pages_beyond_the_limit_are_skipped_with_that_reason(
    site: Site, build: Callable[..., Build]
) -> None:
    many_pages(site, fetched=5, failed=0)
    run = build(max_pages=3)
    assert run.scrape() == {"pages": 3, "failed": 0, "skipped": 2}
    assert list(run.rows.values()).count(("skipped", "max_pages")) == 2
    step = run.task.steps.get(name="scrape")
    assert (step.done, step.total) == (3, 3)


def test_an_interrupted_step_goes_on_with_what_is_missing(
    site: Site, build: Callable[..., Build], release: threading.Event
) -> None:
    many_pages(site, fetched=10, failed=2)
    page, site.pages["/good/3"] = site.pages["/good/3"], hang_until(release)
    run = build()
    run.scrape_until_cancelled(lambda: len(run.rows) == 12 and _pending(run) == 1)
    assert run.rows["/good/3"] == ("pending", "")

    site.pages["/good/3"] = page
    site.requests.clear()
    assert run.scrape() == {"pages": 10, "failed": 2, "skipped": 0}
    lists = {"/robots.txt", "/sitemap.xml", "/llms.txt"}
    assert site.requests.keys() - lists == {"/good/3"}
    assert len(run.log("warning")) == 2


def test_a_retry_of_the_task_gives_failed_pages_another_chance(
    site: Site, build: Callable[..., Build], user: User
) -> None:
    site.pages["/"] = reply(500)
    run = build()
    claim = run.claim("scrape")
    with closing(StepContext(claim, Interrupt())) as ctx, pytest.raises(PermanentError):
        asyncio.run(scrape(ctx))
    lifecycle.fail(claim, "no_pages", "No page could be fetched.")
    lifecycle.retry(run.task.pk, by=user)

    site.pages["/"] = "<p>better</p>"
    assert run.scrape() == {"pages": 1, "failed": 0, "skipped": 0}


def test_an_attempt_that_lost_its_lease_writes_nothing(
    site: Site, build: Callable[..., Build]
) -> None:
    site.pages["/"] = "<p>home</p>"
    run = build()
    with closing(StepContext(run.claim("scrape"), Interrupt())) as ctx:
        TaskState.objects.filter(pk=run.task.pk).update(lease_holder="another worker")
        with pytest.raises(LeaseLost):
            asyncio.run(scrape(ctx))
    assert run.rows == {}


def _pending(run: Build) -> int:
    return [status for status, _ in run.rows.values()].count("pending")


def test_urls_that_are_left_out_have_a_row_with_their_reason(
    site: Site, build: Callable[..., Build]
) -> None:
    site.pages |= {"/": links("/a", "/x.zip", "/no/b", "http://other.example/c"), "/a": "<p>a</p>"}
    run = build(exclude=["/no/*"])
    assert run.scrape() == {"pages": 2, "failed": 0, "skipped": 3}
    assert run.rows == {
        "/": ("fetched", ""),
        "/a": ("fetched", ""),
        "/x.zip": ("skipped", "not_a_page"),
        "/no/b": ("skipped", "excluded"),
        "/c": ("skipped", "out_of_scope"),
    }
    step = run.task.steps.get(name="scrape")
    assert (step.done, step.total) == (2, 2)


def test_what_the_sitemap_lists_is_fetched_and_its_times_of_change_are_kept(
    site: Site, build: Callable[..., Build]
) -> None:
    entry = f"<url><loc>{site.url}/a</loc><lastmod>2031-05-01</lastmod></url>"
    site.pages |= {
        "/robots.txt": f"Sitemap: {site.url}/map.xml\nSitemap: {site.url}/missing.xml",
        "/": "<p>home</p>",
        "/a": "<p>a</p>",
        "/map.xml": f"<urlset>{entry}</urlset>",
    }
    run = build()
    assert run.scrape()["pages"] == 2
    page = Page.objects.get(url=f"{site.url}/a")
    assert page.changed_at == datetime(2031, 5, 1, tzinfo=UTC)
    assert f"sitemap read at {site.url}/map.xml: 1 of 1 URLs are within the scope." in run.log(
        "info"
    )
    (warning,) = run.log("warning")
    assert warning.startswith(f"The sitemap {site.url}/missing.xml could not be read:")
