"""The next version takes over at once or not at all, whatever happens on the way to it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from agents import editing, removal
from agents.models import AgentRecord, AgentStatus, AgentVersion, Chunk, Page
from agents.providers.base import VersionedProvider
from agents.providers.local import LocalProvider
from agents.providers.local.asked import ask_index
from agents.providers.local.models import LocalPassage
from agents.refresh.request import CannotRefresh, refresh
from agents.steps.finalize import measure
from tasks import lifecycle, retention
from tasks.states import State
from tasks.undo import undo
from tests.refresh.running import begun, built, refreshed
from tests.refresh.website import Website, chapter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

STEPS = ["validate", "scrape", "extract", "upload", "publish"]


def rewrite(site: Website, oil: str) -> None:
    """Change every chapter, let one leave and another come."""
    for number in range(1, 8):
        site.change(f"/chapter{number}", chapter(number, oil))


def known(agent: AgentRecord) -> list[Any]:
    """All that is served of the agent: its passages as a search finds them, its pages and rows."""
    agent.refresh_from_db()
    hits = LocalProvider().search(agent.provider_agent_id, "oil of bearing", 50)
    return [
        sorted((hit.chunk_id, hit.text) for hit in hits),
        LocalProvider().count(agent.provider_agent_id),
        sorted(agent.pages.values_list("pk", "url", "status", "position")),
        sorted(agent.chunks.values_list("pk", "page", "text")),
        (agent.version, agent.page_count, agent.chunk_count, agent.token_count),
        agent.versions.count(),
    ]


def oils(agent: AgentRecord) -> set[str]:
    """Which oils a search finds, over all chapters."""
    hits = LocalProvider().search(agent.provider_agent_id, "oil of bearing", 50)
    assert len(hits) == 7
    return {hit.text.rpartition("oil of ")[2] for hit in hits}


def test_a_search_sees_one_version_or_the_other_and_never_both(
    user: User, website: Website
) -> None:
    rewrite(website, "colour red")
    agent = built(user, f"{website.root}/")
    seen: list[set[str]] = []
    over, searched = threading.Event(), threading.Event()

    def search_on() -> None:
        try:
            while not over.is_set():
                seen.append(oils(agent))
                searched.set()
        finally:
            connection.close()

    searching = threading.Thread(target=search_on)
    searching.start()
    try:
        for colour in ("blue", "green", "white", "black"):
            rewrite(website, f"colour {colour}")
            refreshed(agent)
            searched.clear()
            assert searched.wait(30)
    finally:
        over.set()
        searching.join()
    assert all(len(colours) == 1 for colours in seen)
    assert {oil for colours in seen for oil in colours} >= {"colour red.", "colour black."}


def test_a_search_that_is_under_way_ends_in_the_version_in_which_it_began(
    website: Website, agent: AgentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to("publish")
    asked = ask_index

    def ask_and_swap(*args: Any) -> Any:
        found = asked(*args)
        if not run.task.is_finished:
            run.to_the_end()
        return found

    monkeypatch.setattr("agents.providers.local.provider.ask_index", ask_and_swap)
    assert all(oil.startswith("grade") for oil in oils(agent))
    assert run.task.state == State.SUCCESS
    assert oils(agent) == {"colour blue."}


@pytest.mark.parametrize("step", STEPS)
def test_a_refresh_that_fails_leaves_the_old_version(
    website: Website, agent: AgentRecord, step: str
) -> None:
    before = known(agent)
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to(step)
    lifecycle.fail(run.claim(step), "test", "Something broke.")
    assert known(agent) == before
    refreshed(agent)
    assert oils(agent) == {"colour blue."}
    assert LocalProvider().count(agent.provider_agent_id) == agent.chunk_count == 8


@pytest.mark.parametrize("step", STEPS)
def test_a_refresh_that_is_cancelled_leaves_the_old_version_and_nothing_else(
    website: Website, agent: AgentRecord, step: str
) -> None:
    before = known(agent)
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to(step)
    claim = run.claim(step)
    lifecycle.cancel(run.task.pk, by=agent.owner)
    lifecycle.cancelled(claim)
    undo(str(run.task.pk))
    run.task.refresh_from_db()
    assert (run.task.state, run.task.undo_due_at) == (State.CANCELLED, None)
    assert known(agent) == before
    assert LocalPassage.objects.count() == agent.chunk_count
    lifecycle.retry(run.task.pk, by=agent.owner)
    assert run.to_the_end().state == State.SUCCESS
    assert oils(agent) == {"colour blue."}


def test_a_cancel_that_comes_while_the_versions_are_swapped_takes_the_swap_back(
    website: Website, agent: AgentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = known(agent)
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to("publish")

    def measure_late(changed: AgentRecord) -> None:
        measure(changed)
        lifecycle.cancel(run.task.pk, by=agent.owner)

    monkeypatch.setattr("agents.refresh.publish.measure", measure_late)
    run.step("publish")
    assert run.task.state == State.CANCELLED
    assert known(agent) == before


def test_a_provider_that_fails_at_the_last_moment_leaves_the_old_version(
    website: Website, agent: AgentRecord, settings: Any
) -> None:
    before = known(agent)
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to("publish")
    LocalPassage.objects.filter(since=2).order_by("-pk")[0].delete()
    run.step("publish")
    assert run.task.state == State.FAILED
    assert "has 7 of 8 chunks" in run.task.error_message
    assert known(agent) == before


def test_pages_that_fail_by_the_dozen_fail_the_refresh(
    website: Website, agent: AgentRecord
) -> None:
    before = known(agent)
    website.statuses |= {f"/chapter{number}": 503 for number in range(1, 6)}
    task = begun(agent).to_the_end()
    assert (task.state, task.error_code) == (State.FAILED, "too_many_failures")
    assert known(agent) == before


def test_a_site_that_is_gone_fails_the_refresh(website: Website, agent: AgentRecord) -> None:
    before = known(agent)
    website.pages.clear()
    task = begun(agent).to_the_end()
    assert (task.state, task.error_code) == (State.FAILED, "no_pages")
    assert known(agent) == before


def test_a_site_that_says_nothing_any_more_fails_the_refresh(
    website: Website, agent: AgentRecord
) -> None:
    before = known(agent)
    links = "".join(f'<a href="{path}"></a>' for path in website.pages)
    for path in website.pages:
        website.change(path, links)
    task = begun(agent).to_the_end()
    assert (task.state, task.error_code) == (State.FAILED, "no_knowledge")
    assert known(agent) == before


def test_a_second_refresh_is_refused_until_the_first_has_ended(agent: AgentRecord) -> None:
    first = begun(agent)
    with pytest.raises(CannotRefresh, match=str(first.task.pk)) as refused:
        begun(agent)
    assert refused.value.code == "refresh_running"
    assert agent.owner.tasks.filter(workflow="refresh-agent").count() == 1
    first.to_the_end()
    assert begun(agent).to_the_end().state == State.SUCCESS


def test_a_refresh_that_was_overtaken_cannot_be_taken_up_again(
    website: Website, agent: AgentRecord
) -> None:
    rewrite(website, "colour blue")
    first = begun(agent)
    first.up_to("publish")
    lifecycle.fail(first.claim("publish"), "test", "Something broke.")
    second = begun(agent)
    lifecycle.retry(first.task.pk, by=agent.owner)
    assert first.to_the_end().error_code == "refresh_outdated"
    lifecycle.retry(first.task.pk, by=agent.owner, start_over=True)
    assert first.to_the_end().error_code == "refresh_running"
    assert second.to_the_end().state == State.SUCCESS
    lifecycle.retry(first.task.pk, by=agent.owner)
    assert first.to_the_end().state == State.SUCCESS
    assert agent.versions.count() == 3


def test_of_refreshes_that_are_asked_for_at_once_one_is_made(agent: AgentRecord) -> None:
    start, made, refused = threading.Barrier(4), [], []

    def ask() -> None:
        try:
            start.wait(30)
            made.append(refresh(agent.pk, agent.owner).task.pk)
        except CannotRefresh as error:
            refused.append(error)
        finally:
            connection.close()

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert (len(made), len(refused)) == (1, 3)
    assert agent.owner.tasks.filter(workflow="refresh-agent").count() == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_refresh_ends_when_its_agent_is_deleted(
    website: Website, agent: AgentRecord, step: str
) -> None:
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to(step)
    removal.delete(agent.pk, by=agent.owner)
    run.task.refresh_from_db()
    assert run.task.state == State.CANCELLED
    assert removal.remove(agent.pk)
    undo(str(run.task.pk))
    lifecycle.retry(run.task.pk, by=agent.owner)
    assert run.to_the_end().error_code == "agent_deleted"
    assert not LocalPassage.objects.exists()


def test_an_edit_during_a_refresh_stays(website: Website, agent: AgentRecord) -> None:
    rewrite(website, "colour blue")
    run = begun(agent)
    run.up_to("publish")
    editing.edit(agent.pk, {"name": "Lathe"}, by=agent.owner)
    run.to_the_end()
    agent.refresh_from_db()
    assert (agent.name, agent.version) == ("Lathe", 2)


def test_what_is_superseded_goes_with_the_clean_up(
    website: Website, agent: AgentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(website, "colour blue")
    refreshed(agent)
    assert LocalPassage.objects.count() == 15
    retention.clean_up()
    assert LocalPassage.objects.count() == 15, "a search may still be at it"
    agents = AgentRecord.objects.exclude(pk=agent.pk)
    assert not agents.exists()
    assert Page.objects.count() == 8
    assert Chunk.objects.count() == 8
    later = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr("tasks.retention.timezone.now", lambda: later)
    retention.clean_up()
    assert LocalPassage.objects.count() == 8
    assert oils(agent) == {"colour blue."}


def test_versions_say_which_task_made_them(website: Website, agent: AgentRecord) -> None:
    build, refresh_task = agent.build_task, refreshed(agent).task
    first, second = AgentVersion.objects.filter(agent=agent).order_by("number")
    assert (first.task, second.task) == (build, refresh_task)
    assert (first.pages_new, first.pages_read, first.page_count) == (8, 8, 8)
    assert refresh_task is not None
    assert refresh_task.result is not None
    assert refresh_task.result["version"] == 2
    assert refresh_task.agent_id == agent.pk
    assert AgentRecord.objects.get(pk=agent.pk).status == AgentStatus.READY
    assert isinstance(LocalProvider(), VersionedProvider)
