"""Tasks in the admin: to look at, to retry, to cancel."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_celery_results.models import TaskResult
from pytest_django.asserts import assertHTMLEqual

from tasks import lifecycle, search
from tasks.admin_inlines import EVENTS_SHOWN
from tasks.models import TaskState
from tasks.states import State
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts

LIST = "/admin/tasks/taskstate/"


def act(browser: Client, action: str, *tasks: TaskState) -> list[str]:
    """Carry out an action on the tasks; the messages that the admin shows then."""
    form = {"action": action, "_selected_action": [str(task.pk) for task in tasks]}
    return texts(page(browser.post(LIST, form, follow=True)), ".messagelist li")


def test_the_list_shows_states_and_progress(admin_browser: Client, staff: User) -> None:
    builds.scraping(staff, 1, 4, name="Manual")
    row = one(page(admin_browser.get(LIST)), "#result_list tbody tr")
    assert text(one(row, ".field-title")) == "Manual"
    assert text(one(row, ".task-state")) == "Running"
    assert text(one(row, ".task-progress")) == "13.7 %"


def test_tasks_are_found_by_id_owner_subject_and_error(admin_browser: Client, user: User) -> None:
    task = builds.failed(user, name="Manual", message="The disk is full.")
    for words in (str(task.pk), "user", "manual", "disk is full", "no_pages"):
        shown = page(admin_browser.get(LIST, {"q": words}))
        assert len(shown.select("#result_list tbody tr")) == 1, words
    assert page(admin_browser.get(LIST, {"q": "nonsense"})).select("#result_list tbody tr") == []


def test_a_search_shows_the_newest_and_an_action_on_all_is_for_all(
    admin_browser: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "HITS", 2)
    monkeypatch.setattr(search, "FEW", 0)
    tasks = [builds.queued(staff, name=f"Manual {number}") for number in range(4)]
    other = builds.queued(staff, name="Other")
    shown = page(admin_browser.get(LIST, {"q": "manual"}))
    assert texts(shown, "#result_list .field-title") == ["Manual 3", "Manual 2"]
    assert "others may fit, too" in text(one(shown, ".paginator"))
    form = {"action": "cancel_selected", "select_across": "1", "_selected_action": tasks[3].pk}
    admin_browser.post(f"{LIST}?q=manual", form)
    cancelled = TaskState.objects.filter(state=State.CANCELLED)
    assert set(cancelled) == set(tasks)
    assert other not in cancelled


def test_an_action_is_for_what_was_selected_though_more_is_found_since(
    admin_browser: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "HITS", 2)
    monkeypatch.setattr(search, "FEW", 0)
    tasks = [builds.queued(staff, name=f"Manual {number}") for number in range(4)]
    form = {"action": "cancel_selected", "_selected_action": tasks[0].pk}
    admin_browser.post(f"{LIST}?q=manual", form)
    assert list(TaskState.objects.filter(state=State.CANCELLED)) == [tasks[0]]


def test_a_row_is_selected_by_the_box_that_django_has(staff: User) -> None:
    task = builds.queued(staff, name="<Manual>")
    ours = admin.site.get_model_admin(TaskState)
    django = admin.ModelAdmin(TaskState, admin.site)
    boxes = [each.action_checkbox(task) for each in (ours, django)]
    assertHTMLEqual(*boxes)


def test_a_search_reads_its_tasks_whole_only_once(admin_browser: Client, staff: User) -> None:
    for number in range(3):
        builds.queued(staff, name=f"Manual {number}")
    with CaptureQueriesContext(connection) as captured:
        admin_browser.get(LIST, {"q": "manual"})
    whole = [query["sql"] for query in captured if '"tasks_taskstate"."params"' in query["sql"]]
    assert len(whole) == 1


def test_a_search_that_has_found_all_says_nothing_of_others(
    admin_browser: Client, staff: User
) -> None:
    builds.queued(staff, name="Manual")
    shown = page(admin_browser.get(LIST, {"q": "manual"}))
    assert "others may fit" not in text(one(shown, ".paginator"))


def test_a_task_is_shown_whole_and_nothing_can_be_edited(
    admin_browser: Client, staff: User
) -> None:
    task = builds.scraping(staff)
    shown = page(admin_browser.get(f"{LIST}{task.pk}/change/"))
    assert shown.select("#taskstate_form input:not([type=hidden]), #taskstate_form textarea") == []
    masked = {"params": "parameters", "callback_url": "webhook"}
    for field in TaskState._meta.fields:
        assert shown.select(f".field-{masked.get(field.name, field.name)}"), field.name


def test_its_parameters_and_its_webhook_are_shown_without_their_secrets(
    admin_browser: Client, staff: User
) -> None:
    task = lifecycle.submit(
        "build-agent",
        {"urls": ["https://docs.example.com/?token=hunter2"], "name": "password=hunter2"},
        staff,
        callback_url="https://hooks.example.com/?secret=hunter2",
    ).task
    response = admin_browser.get(f"{LIST}{task.pk}/change/")
    shown = page(response)
    assert "docs.example.com/?token=***" in text(one(shown, ".field-parameters .readonly"))
    assert text(one(shown, ".field-webhook .readonly")) == "https://hooks.example.com/?secret=***"
    assert task.subject == "password=***"
    assert "hunter2" not in response.content.decode()


def test_each_step_leads_to_the_result_that_celery_kept(admin_browser: Client, staff: User) -> None:
    task = builds.scraping(staff)
    result = TaskResult.objects.create(task_id="celery-validate", status="SUCCESS")
    link = one(page(admin_browser.get(f"{LIST}{task.pk}/change/")), ".field-celery_result a")
    assert link["href"] == f"/admin/django_celery_results/taskresult/{result.pk}/change/"
    assert admin_browser.get(str(link["href"])).status_code == 200


def test_the_last_events_are_shown_and_all_are_a_link_away(
    admin_browser: Client, staff: User
) -> None:
    task = builds.queued(staff)
    claim = builds.claimed(task, "validate")
    for number in range(EVENTS_SHOWN):
        lifecycle.log(claim, f"Line {number}.", "info", {})
    task.refresh_from_db()
    shown = page(admin_browser.get(f"{LIST}{task.pk}/change/"))
    numbers = [int(seq) for seq in texts(shown, "#events-group .form-row .field-seq")]
    assert numbers == list(range(task.last_seq, task.last_seq - EVENTS_SHOWN, -1))
    everything = admin_browser.get(str(one(shown, ".field-all_events a")["href"]))
    assert f"{task.last_seq} task events" in text(page(everything))


def test_selected_tasks_are_retried_and_refusals_are_named(
    admin_browser: Client, staff: User
) -> None:
    broken, waiting = builds.failed(staff, name="Broken"), builds.queued(staff, name="Waiting")
    said = act(admin_browser, "retry_selected", broken, waiting)
    broken.refresh_from_db()
    assert (broken.state, broken.run) == (State.QUEUED, 2)
    assert said[0] == "1 of 2 tasks retried."
    assert said[1].startswith("Waiting: The task is QUEUED; only a failed or cancelled task")


def test_selected_tasks_are_cancelled(admin_browser: Client, staff: User) -> None:
    tasks = [builds.queued(staff) for _ in range(3)]
    assert act(admin_browser, "cancel_selected", *tasks)[0].startswith("3 of 3 tasks cancelled")
    assert set(TaskState.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_many_refusals_are_cut_short(admin_browser: Client, staff: User) -> None:
    said = act(admin_browser, "cancel_selected", *[builds.failed(staff) for _ in range(12)])
    assert len(said) == 11
    assert said[-1] == "2 more tasks were refused."


def test_whoever_may_only_look_is_offered_no_action(onlooker_browser: Client, user: User) -> None:
    task = builds.queued(user)
    assert page(onlooker_browser.get(LIST)).select("select[name=action]") == []
    act(onlooker_browser, "cancel_selected", task)
    task.refresh_from_db()
    assert task.state == State.QUEUED


def test_tasks_are_neither_added_nor_deleted_by_hand(admin_browser: Client, staff: User) -> None:
    task = builds.queued(staff)
    assert admin_browser.get(f"{LIST}add/").status_code == 403
    assert admin_browser.post(f"{LIST}{task.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_browser.post(f"{LIST}{task.pk}/change/", {"state": "SUCCESS"}).status_code == 403


def test_steps_and_events_have_lists_of_their_own(admin_browser: Client, staff: User) -> None:
    builds.scraping(staff)
    for kind, count in (("steprun", 7), ("taskevent", 6)):
        shown = page(admin_browser.get(f"/admin/tasks/{kind}/"))
        assert len(shown.select("#result_list tbody tr")) == count
