"""How smooth the list of tasks stays in a browser while 200 bars move at once.

Run: python -m benchmarks.bars [BARS] [--seconds N]

It needs a Chromium. The tasks are rows that a program moves twice a second, without any work behind
them, and the list asks for them as it does in life. A long task is one that keeps the page from
answering its reader for more than 50 ms; the aim is none over 100 ms. It is told by the clock, and
by the time that the page's thread had a processor: on a busy machine, the clock tells of others.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django
from playwright.sync_api import Page, sync_playwright

from agentforge.embedded.background import BackgroundStack
from agents.crawl.rendering.chromium import find_chromium
from benchmarks.bench import running_stack

AIM = 100
"""Milliseconds."""
PAUSE = 0.5
USERNAME, PASSWORD = "watcher", "correct-horse-battery"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
OBSERVE = """
window.seen = { long: [], shift: 0, frames: [] };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) seen.long.push(duration);
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) seen.shift += value;
}).observe({ type: "layout-shift", buffered: true });
let last = performance.now();
requestAnimationFrame(function frame(now) {
  seen.frames.push(now - last);
  last = now;
  requestAnimationFrame(frame);
});
"""
BEGIN = "() => { seen.long = []; seen.shift = 0; seen.frames = []; }"
VALUES = "() => [...document.querySelectorAll('[data-task-list] progress')].map((bar) => bar.value)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("bars", nargs="?", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with running_stack() as (stack, _):
        os.environ["AGENTFORGE_DATA_DIR"] = str(stack.data_dir)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
        django.setup()
        make_tasks(options.bars)
        with moving(), opened_list(stack, options.bars) as page:
            watch(page, options.seconds)


def make_tasks(count: int) -> None:
    """Tasks that run, for all that anybody can see."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from agents.params import WORKFLOW
    from tasks.models import TaskState
    from tasks.states import State

    owner = User.objects.create_superuser(USERNAME, password=PASSWORD)
    now = timezone.now()
    held = {"lease_holder": "elsewhere/1/1", "lease_expires_at": now + timedelta(days=1)}
    TaskState.objects.bulk_create(
        TaskState(
            workflow=WORKFLOW,
            owner=owner,
            subject=f"https://handbook-{number}.example.com/",
            state=State.RUNNING,
            current_step="scrape",
            started_at=now,
            **held,
        )
        for number in range(count)
    )


@contextmanager
def moving() -> Iterator[None]:
    """Move every bar twice a second, back to its start at the end."""
    ended = threading.Event()
    mover = threading.Thread(target=_move, args=[ended])
    mover.start()
    try:
        yield
    finally:
        ended.set()
        mover.join()


def _move(ended: threading.Event) -> None:
    from django.db import connection
    from django.db.models import Value

    from tasks.models import TaskState

    step = 0
    while not ended.wait(PAUSE):
        step += 1
        details = Value(f"{step} of 400 pages fetched")
        TaskState.objects.update(percent=step % 400 / 4, details=details)
    connection.close()


@contextmanager
def opened_list(stack: BackgroundStack, size: int) -> Iterator[Page]:
    """The list with all of them in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = browser.new_page(base_url=stack.base_url)
        page.add_init_script(OBSERVE)
        page.goto(f"/login/?next=/dashboard/tasks/%3Fstate=RUNNING%26size={size}")
        page.get_by_label("Username").fill(USERNAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_selector("[data-task-list] tbody tr")
        yield page
        browser.close()


def watch(page: Page, seconds: int) -> None:
    """Print what the page did in that time."""
    bars, changes = page.evaluate(VALUES), 0
    page.evaluate(BEGIN)
    browser = page.context.browser
    assert browser
    browser.start_tracing(
        page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"]
    )
    for _ in range(seconds * 2):
        page.wait_for_timeout(500)
        now = page.evaluate(VALUES)
        changes += sum(one != other for one, other in zip(bars, now, strict=True))
        bars = now
    trace = json.loads(browser.stop_tracing())
    seen: dict[str, Any] = page.evaluate("seen")
    frames = sorted(seen["frames"])
    print(f"{len(bars)} bars moved {changes} times in {seconds} s (aim: no task above {AIM} ms)")
    print(f"longest task by the clock: {max(seen['long'], default=50):.0f} ms")
    print(f"longest task on the processor: {_longest_on_processor(trace):.0f} ms")
    print(f"frames: {len(frames) / seconds:.0f} a second")
    print(f"layout shift: {seen['shift']:.4f}")


def _longest_on_processor(trace: dict[str, Any]) -> float:
    """Milliseconds of the longest task in a main thread of pages."""
    events = trace["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return max(
        event.get("tdur", 0) / 1000
        for event in events
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) in mains
    )


if __name__ == "__main__":
    main()
