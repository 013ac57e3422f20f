"""A website becomes an agent that can be asked, on a real worker, with an exact percentage."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.builds.conftest import PAGES, Gate, page
from tests.engine.waiting import eventually
from tests.site import Site
from tests.stack import Stack

pytestmark = pytest.mark.services

WEIGHTS = [5, 35, 15, 15, 10, 15, 5]


def build(api: httpx.Client, site: Site) -> str:
    response = api.post("/agents", json={"urls": [f"{site.url}/"]})
    assert response.status_code == 202, response.text
    return str(response.json()["task_id"])


def task(api: httpx.Client, task_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/tasks/{task_id}").json()
    return found


def finished(api: httpx.Client, task_id: str) -> dict[str, Any]:
    eventually(lambda: task(api, task_id)["state"] not in ("QUEUED", "RUNNING"), seconds=120)
    return task(api, task_id)


def events(api: httpx.Client, task_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/tasks/{task_id}/events").json()["results"]
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    return found


def urls_of(api: httpx.Client, agent_id: str) -> list[str]:
    rows = api.get(f"/agents/{agent_id}/pages", params={"limit": 200}).json()["results"]
    return [row["url"] for row in rows]


def test_a_website_becomes_an_agent_that_can_be_asked(api: httpx.Client, website: Site) -> None:
    done = finished(api, build(api, website))
    assert (done["state"], done["percent"]) == ("SUCCESS", 100), done["error_message"]
    assert done["agent_id"] == done["result"]["agent_id"]
    assert [step["weight"] for step in done["steps"]] == WEIGHTS
    assert len(urls_of(api, done["agent_id"])) == PAGES - 1
    asked = {"question": "Which river cools the reactor of district 17?"}
    answer = api.post(f"/agents/{done['agent_id']}/ask", json=asked).json()
    assert "river number 119" in answer["answer"]
    assert answer["citations"][0]["url"] == f"{website.url}/page17.html"


def test_the_percentage_is_exact_in_every_event_and_never_falls(
    api: httpx.Client, website: Site
) -> None:
    history = events(api, finished(api, build(api, website))["task_id"])
    percents = [event["percent"] for event in history]
    assert all(earlier <= later for earlier, later in pairwise(percents))
    assert [
        p for p, event in zip(percents, history, strict=True) if event["state"] == "SUCCESS"
    ] == [100]
    assert all(p < 100 for p in percents[:-1])
    ends = [e["percent"] for e in history if e["data"].get("step_state") == "SUCCESS"]
    assert ends == [5, 40, 55, 70, 80, 95, 99.99]


def test_a_worker_that_is_killed_while_it_scrapes_costs_no_page_and_counts_none_twice(
    api: httpx.Client, site: Site, stack: Stack
) -> None:
    gate = Gate(free=12)
    site.pages = gate.pages()
    task_id = build(api, site)
    eventually(lambda: task(api, task_id)["steps"][1]["done"] >= 5, seconds=30)
    fetched = task(api, task_id)["steps"][1]["done"]
    killed = stack.pid("worker")
    stack.kill("worker")
    gate.open()
    stack.wait_for_restart("worker", of=killed)
    done = finished(api, task_id)
    assert done["state"] == "SUCCESS", done["error_message"]
    scrape = done["steps"][1]
    assert (scrape["done"], scrape["total"], scrape["attempts"]) == (PAGES - 1, PAGES - 1, 2)
    urls = urls_of(api, done["agent_id"])
    assert len(urls) == len(set(urls)) == PAGES - 1
    # What had its outcome before the kill was not fetched again.
    assert sum(site.requests[path] for path in site.pages) <= 2 * (PAGES - 1) - fetched
    percents = [event["percent"] for event in events(api, task_id)]
    assert percents == sorted(percents)


def test_pages_are_read_while_the_crawl_goes_on_and_count_once(
    api: httpx.Client, site: Site
) -> None:
    gate = Gate(free=80)
    numbers = range(PAGES, PAGES + 90)
    links = "".join(f"<a href=/{number}>{number}</a>" for number in numbers)
    site.pages = {f"/{number}": gate.holds(page(number)) for number in numbers}
    site.pages |= {"/": f"<main>A list. <a href=/scan>scan</a>{links}</main>", "/scan": b"%PDF-1.4"}
    task_id = build(api, site)

    def said() -> list[dict[str, Any]]:
        return [event for event in events(api, task_id) if "/scan: " in event["message"]]

    eventually(lambda: bool(said()), seconds=60)
    assert said()[0]["step"] == "scrape"
    assert task(api, task_id)["steps"][2]["state"] == "PENDING"
    gate.open()
    done = finished(api, task_id)
    assert done["state"] == "SUCCESS", done["error_message"]
    assert (done["steps"][1]["total"], done["steps"][2]["total"]) == (92, 92)
    assert done["result"]["pages"] == 91
    history = events(api, task_id)
    begun = next(e for e in history if (e["step"], e["type"]) == ("extract", "progress"))
    assert begun["data"]["done"] >= 50
    percents = [event["percent"] for event in history]
    assert percents == sorted(percents)
    assert len(said()) == 1
