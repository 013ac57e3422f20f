"""A build whose steps the tests execute one by one, as a worker does, without a crawl."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User

from agents.models import AgentRecord, Page, PageContent, PageStatus
from agents.steps.create import create
from agents.steps.describe import describe
from agents.steps.extract import PAGES, extract
from agents.steps.finalize import finalize
from agents.steps.upload import upload
from tasks import lifecycle
from tasks.batch_context import BatchContext
from tasks.context import StepContext
from tasks.errors import Superseded
from tasks.interrupt import Interrupt
from tasks.models import StepRun, TaskEvent, TaskState

PARAMS: dict[str, Any] = {"urls": ["https://docs.example/"], "documents": [], "name": ""}
STEPS: dict[str, Callable[[StepContext], dict[str, Any]]] = {
    "extract": extract,
    "describe": describe,
    "create": create,
    "upload": upload,
    "finalize": finalize,
}


class Build:
    """A task whose pages have been fetched: `{path: body}`."""

    def __init__(self, owner: User, pages: dict[str, str], name: str = "") -> None:
        self.task: TaskState = lifecycle.submit("build-agent", PARAMS, owner).task
        self.agent = AgentRecord.objects.create(owner=owner, build_task=self.task)
        for position, (path, body) in enumerate(pages.items()):
            self.add_page(position, path, body)
        found = {"agent_id": str(self.agent.pk), "params": {"name": name}}
        lifecycle.succeed(self._claim("validate"), found)
        lifecycle.succeed(self._claim("scrape"), {"pages": len(pages)})

    def add_page(self, position: int, path: str, body: str) -> None:
        page = Page.objects.create(
            agent=self.agent,
            position=position,
            url=f"https://docs.example{path}",
            status=PageStatus.FETCHED,
            content_type="text/html; charset=utf-8",
        )
        PageContent.objects.create(page=page, raw=zlib.compress(body.encode()))

    def execute(self, step: str) -> dict[str, Any]:
        """Execute the step to its end and record its success."""
        if step == "extract":
            self.read_pages()
        claim = self._claim(step)
        with closing(StepContext(claim, Interrupt())) as ctx:
            output = STEPS[step](ctx)
            ctx.flush()
        lifecycle.succeed(claim, output)
        return output

    def plan_pages(self) -> None:
        """Plan the step `extract`, and leave it to its batches."""
        claim = self._claim("extract")
        if not claim.is_planned:
            items = list(PAGES.plan(StepContext(claim, Interrupt())))
            lifecycle.plan(claim, items, PAGES)
        if lifecycle.release(claim) is None:
            lifecycle.hand_back(claim)

    @contextmanager
    def holding_a_batch(self) -> Iterator[None]:
        """Somebody else is slow with the first batch that waits; at the end it is put back."""
        claim = lifecycle.claim_batch(self.task.pk, self.task.run, "extract", "")
        yield
        lifecycle.hand_back(claim)

    def read_batch(self, interrupt: Interrupt | None = None) -> None:
        """Execute the first batch of `extract` that waits. What stops it puts it back."""
        claim = lifecycle.claim_batch(self.task.pk, self.task.run, "extract", "")
        try:
            PAGES.work(BatchContext(claim, interrupt or Interrupt()), claim.items)
        except BaseException:
            lifecycle.hand_back(claim)
            raise
        lifecycle.finish_batch(claim, PAGES.line)

    def read_pages(self) -> None:
        """Plan the step `extract` and execute all its batches."""
        self.plan_pages()
        with suppress(Superseded):
            while True:
                self.read_batch()

    def attempt(self, step: str) -> dict[str, Any]:
        """Execute the step, and lose its success as if the worker had died just then."""
        if step == "extract":
            self.read_pages()
        claim = self._claim(step)
        try:
            with closing(StepContext(claim, Interrupt())) as ctx:
                return STEPS[step](ctx)
        finally:
            lifecycle.postpone(claim, "The worker was stopped.", timedelta(0), 3)

    def execute_until(self, last: str) -> dict[str, Any]:
        """Execute every step from `extract` to `last`."""
        output: dict[str, Any] = {}
        for step in STEPS:
            output = self.execute(step)
            if step == last:
                break
        self.agent.refresh_from_db()
        return output

    def statuses(self) -> dict[str, str]:
        """`{path: status}` of all pages."""
        pages = self.agent.pages.order_by("position")
        return {page.url.removeprefix("https://docs.example"): page.status for page in pages}

    def progress(self, step: str) -> tuple[int, int]:
        row = StepRun.objects.get(task=self.task, name=step)
        return row.done, row.total

    def messages(self) -> list[str]:
        return list(TaskEvent.objects.filter(task=self.task).values_list("message", flat=True))

    def _claim(self, step: str) -> lifecycle.Claim:
        self.task.refresh_from_db()
        return lifecycle.claim(self.task.pk, self.task.run, step, "")


def html(title: str, text: str) -> str:
    """A page with a heading and a paragraph."""
    return f"<title>{title}</title><main><h1>{title}</h1><p>{text}</p></main>"
