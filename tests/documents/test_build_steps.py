"""Documents in the steps of a build: rows, progress, statuses, retries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.documents.models import Document
from agents.documents.store import keep
from agents.models import AgentRecord, Chunk, Page
from agents.steps.extract import PAGES, extract
from agents.steps.scrape import scrape
from agents.steps.validate import validate
from tasks import lifecycle, workflows
from tasks.batch_context import BatchContext
from tasks.context import StepContext
from tasks.errors import PermanentError
from tasks.interrupt import Interrupt
from tasks.models import StepRun, TaskEvent, TaskState
from tests.crawl.conftest import reply
from tests.crawl.crawling import links
from tests.documents.files import column, docx, encrypted_office, paragraph, pdf, xlsx
from tests.site import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

PLAN = pdf(column("The turbine is oiled weekly."))


class Build:
    """A build whose first steps the tests execute one by one, as a worker does."""

    def __init__(self, owner: User, files: dict[str, bytes], *urls: str) -> None:
        kept = [keep(owner, SimpleUploadedFile(name, body, "")) for name, body in files.items()]
        given = {"urls": list(urls), "documents": [str(document.pk) for document, _ in kept]}
        cleaned = workflows.get("build-agent").clean(given)
        self.task: TaskState = lifecycle.submit("build-agent", cleaned, owner).task

    def execute(self, step: str) -> None:
        claim = self._claim(step)
        lifecycle.succeed(claim, self._call(step, claim))

    def attempt(self, step: str) -> None:
        """Execute the step, and lose its success as if the worker had died just then."""
        claim = self._claim(step)
        self._call(step, claim)
        lifecycle.postpone(claim, "The worker was stopped.", timedelta(0), 3)

    def _call(self, step: str, claim: lifecycle.Claim) -> dict[str, Any]:
        steps: dict[str, Callable[[StepContext], Any]] = {"validate": validate, "scrape": scrape}
        with closing(StepContext(claim, Interrupt())) as ctx:
            output: dict[str, Any] = asyncio.run(steps[step](ctx))
            ctx.flush()
        return output

    def read(self) -> dict[str, Any]:
        claim = self._claim("extract")
        items = list(PAGES.plan(StepContext(claim, Interrupt())))
        lifecycle.plan(claim, items, PAGES)
        lifecycle.release(claim)
        for _ in PAGES.cut(items):
            batch = lifecycle.claim_batch(self.task.pk, self.task.run, "extract", "")
            PAGES.work(BatchContext(batch, Interrupt()), batch.items)
            lifecycle.finish_batch(batch, PAGES.line)
        claim = self._claim("extract")
        with closing(StepContext(claim, Interrupt())) as ctx:
            return extract(ctx)

    def fail(self, step: str) -> None:
        lifecycle.fail(self._claim(step), "test_failure", "It failed.")

    @property
    def rows(self) -> dict[str, tuple[str, str]]:
        """`{url: (status, reason code)}`, in the order in which they are listed."""
        pages = Page.objects.filter(agent__build_task=self.task).order_by("position")
        return {page.url: (page.status, page.reason_code) for page in pages}

    def _claim(self, step: str) -> lifecycle.Claim:
        self.task.refresh_from_db()
        return lifecycle.claim(self.task.pk, self.task.run, step, "")


def test_each_kind_of_trouble_has_its_status_and_blocks_nothing(user: User) -> None:
    build = Build(
        user,
        {
            "plan.pdf": PLAN,
            "scan.pdf": pdf([]),
            "locked.pdf": pdf(column("Text."), encrypted=True),
            "broken.pdf": PLAN[:200],
            "locked.xlsx": encrypted_office(),
            "copy.txt": b"The turbine is oiled weekly.",
            "blank.md": b" \n",
        },
    )
    build.execute("validate")
    build.execute("scrape")
    assert build.read() == {"pages": 2, "chunks": 2, "tokens": 14}
    assert build.rows == {
        "document:plan.pdf": ("extracted", ""),
        "document:scan.pdf": ("empty", "no_text_layer"),
        "document:locked.pdf": ("failed", "encrypted"),
        "document:broken.pdf": ("failed", "broken"),
        "document:locked.xlsx": ("failed", "encrypted"),
        "document:copy.txt": ("extracted", ""),
        "document:blank.md": ("empty", "no_text"),
    }
    warnings = TaskEvent.objects.filter(task=build.task, data__level="warning")
    assert {event.message.partition(":")[2].partition(":")[0] for event in warnings} == {
        "locked.pdf", "broken.pdf", "locked.xlsx"
    }  # fmt: skip


def test_a_passage_of_a_document_is_cited_by_name_page_and_sheet(user: User) -> None:
    sheet = xlsx({"Stock": [["Part", "Hall"], ["Filter", 7.0]]})
    build = Build(user, {"plan.pdf": PLAN, "lager größe.xlsx": sheet})
    build.execute("validate")
    build.execute("scrape")
    build.read()
    chunks = Chunk.objects.order_by("page__position").select_related("page")
    assert [(chunk.page.url, chunk.page.title, chunk.heading_path) for chunk in chunks] == [
        ("document:plan.pdf", "plan.pdf", ["plan.pdf", "Page 1"]),
        (
            "document:lager%20gr%C3%B6%C3%9Fe.xlsx",
            "lager größe.xlsx",
            ["lager größe.xlsx", "Stock"],
        ),
    ]


def test_documents_of_the_same_name_stay_apart(user: User) -> None:
    build = Build(user, {"notes.txt": b"First."})
    second, _ = keep(user, SimpleUploadedFile("notes.txt", b"Second.", ""))
    build.task.params["documents"].append(str(second.pk))
    TaskState.objects.filter(pk=build.task.pk).update(params=build.task.params)
    build.execute("validate")
    build.execute("scrape")
    assert list(build.rows) == ["document:notes.txt", "document:notes.txt?2"]
    build.read()
    assert {page.title for page in Page.objects.all()} == {"notes.txt"}


def test_documents_count_beside_the_pages_and_use_up_none_of_their_limit(
    user: User, site: Site
) -> None:
    site.pages |= {"/": links("/a"), "/a": "<p>text</p>"}
    build = Build(user, {"plan.pdf": PLAN, "notes.txt": b"Text."}, f"{site.url}/")
    build.task.params["max_pages"] = 2
    TaskState.objects.filter(pk=build.task.pk).update(params=build.task.params)
    build.execute("validate")
    # The worker dies after the first attempt: the next one finds its rows.
    build.attempt("scrape")
    build.execute("scrape")
    step = StepRun.objects.get(task=build.task, name="scrape")
    assert (step.done, step.total) == (4, 4)
    assert list(build.rows) == [
        f"{site.url}/", f"{site.url}/a", "document:plan.pdf", "document:notes.txt"
    ]  # fmt: skip


def test_a_crawl_that_meets_documents_reads_them(user: User, site: Site) -> None:
    site.pages |= {
        "/": links("/plan.pdf", "/rules", "/page.html", "/image.pdf"),
        "/plan.pdf": reply(body=PLAN, content_type="application/pdf"),
        "/rules": reply(
            body=docx(paragraph("Keep the rules.")), content_type="application/octet-stream"
        ),
        "/page.html": reply(
            body=pdf(column("Called HTML. <a href=/trap>")), content_type="text/html"
        ),
        "/image.pdf": reply(body=b"\x89PNG", content_type="application/pdf"),
    }
    build = Build(user, {}, f"{site.url}/")
    build.execute("validate")
    build.execute("scrape")
    build.read()
    texts = {chunk.page.url.rpartition("/")[2]: chunk.text for chunk in Chunk.objects.all()}
    assert texts | {"": ""} == {
        "": "",
        "plan.pdf": "The turbine is oiled weekly.",
        "rules": "Keep the rules.",
        "page.html": "Called HTML. <a href=/trap>",
    }
    assert build.rows[f"{site.url}/image.pdf"] == ("skipped", "binary")
    assert f"{site.url}/trap" not in build.rows


@pytest.mark.parametrize("start_over", [False, True])
def test_a_retry_keeps_the_documents(user: User, start_over: bool) -> None:
    build = Build(user, {"plan.pdf": PLAN})
    build.execute("validate")
    build.execute("scrape")
    build.fail("extract")
    lifecycle.retry(build.task.pk, user, start_over=start_over)
    if start_over:
        build.execute("validate")
        build.execute("scrape")
    assert build.rows == {"document:plan.pdf": ("fetched", "")}
    assert build.read()["pages"] == 1


def test_another_users_document_fails_the_build_however_it_was_submitted(
    user: User, staff: User
) -> None:
    build = Build(staff, {"plan.pdf": PLAN})
    cleaned = workflows.get("build-agent").clean({"documents": [str(Document.objects.get().pk)]})
    build.task = lifecycle.submit("build-agent", cleaned, user).task
    with pytest.raises(PermanentError, match="no such document") as caught:
        build.execute("validate")
    assert caught.value.code == "no_such_document"
    assert not AgentRecord.objects.exists()


def test_a_document_that_is_deleted_meanwhile_costs_only_itself(user: User) -> None:
    build = Build(user, {"plan.pdf": PLAN, "notes.txt": b"Text."})
    build.execute("validate")
    build.execute("scrape")
    Document.objects.get(name="plan.pdf").delete()
    build.read()
    assert build.rows == {
        "document:plan.pdf": ("failed", "document_deleted"),
        "document:notes.txt": ("extracted", ""),
    }


def test_a_document_that_is_read_in_part_says_so(user: User, settings: Any) -> None:
    settings.AGENTFORGE_DOCUMENT_MAX_PAGES = 1
    build = Build(user, {"plan.pdf": pdf(column("First page."), column("Second page."))})
    build.execute("validate")
    build.execute("scrape")
    build.read()
    page = Page.objects.get()
    assert (page.status, page.reason_code) == ("extracted", "read_in_part")
    assert page.reason.startswith("Only 1 of its 2 pages were read.")
