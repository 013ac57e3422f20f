"""Dead letters in the admin: by workflow, step and error, and back into the queue."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tasks import dead_letters
from tasks.models import TaskState
from tests.dashboard import builds
from tests.dashboard.html import page, texts

LIST = "/admin/tasks/deadletter/"


def act(browser: Client, action: str, *tasks: TaskState) -> list[str]:
    """Carry out an action on the tasks; the messages that the admin shows then."""
    form = {"action": action, "_selected_action": [str(task.pk) for task in tasks]}
    return texts(page(browser.post(LIST, form, follow=True)), ".messagelist li")


def rows(browser: Client, **query: str) -> int:
    return len(page(browser.get(LIST, query)).select("#result_list tbody tr"))


def test_only_failed_tasks_are_listed_with_step_and_error(
    admin_browser: Client, user: User
) -> None:
    builds.failed(user)
    builds.cancelled(user)
    shown = page(admin_browser.get(LIST))
    assert texts(shown, "#result_list .field-failed_step") == ["validate"]
    assert texts(shown, "#result_list .field-error_code") == ["no_pages"]


def test_the_list_has_the_beginning_of_a_long_error_and_the_page_has_it_whole(
    admin_browser: Client, user: User
) -> None:
    task = builds.failed(user, message="No page. " * 40)
    listed = texts(page(admin_browser.get(LIST)), "#result_list .field-error")
    assert len(listed[0]) < 200
    shown = page(admin_browser.get(f"{LIST}{task.pk}/change/"))
    assert len(texts(shown, ".field-error_message .readonly")[0]) > 300


def test_they_are_filtered_by_workflow_step_and_error(admin_browser: Client, user: User) -> None:
    builds.failed(user)
    for name, here, elsewhere in [
        ("workflow", "build-agent", "another"),
        ("failed_step", "validate", "scrape"),
        ("error_code", "no_pages", "time_limit"),
    ]:
        assert (rows(admin_browser, **{name: here}), rows(admin_browser, **{name: elsewhere})) == (
            1,
            0,
        )


def test_one_is_shown_whole(admin_browser: Client, user: User) -> None:
    task = builds.failed(user, message="The disk is full.")
    shown = page(admin_browser.get(f"{LIST}{task.pk}/change/"))
    assert "The disk is full." in shown.get_text()
    assert len(texts(shown, "#steps-group .form-row .field-name")) == 7


def test_a_task_that_did_not_fail_is_not_there(admin_browser: Client, user: User) -> None:
    task = builds.cancelled(user)
    said = texts(
        page(admin_browser.get(f"{LIST}{task.pk}/change/", follow=True)), ".messagelist li"
    )
    assert "doesn’t exist" in said[0]


@pytest.mark.parametrize("action", ["retry_selected", "retry_selected_from_start"])
def test_selected_ones_are_retried(admin_browser: Client, user: User, action: str) -> None:
    chosen, other = builds.failed(user), builds.failed(user)
    assert act(admin_browser, action, chosen) == ["1 dead letter retried, 0 refused."]
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert (chosen.state, other.state) == ("QUEUED", "FAILED")


def test_more_than_one_request_may_retry_is_left_and_said(
    admin_browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "RETRIED_AT_ONCE", 1)
    (said,) = act(admin_browser, "retry_selected", *(builds.failed(user) for _ in range(3)))
    assert said.endswith("2 of those selected are left; repeat the action to go on.")


def test_whoever_may_only_look_is_offered_no_action(onlooker_browser: Client, user: User) -> None:
    task = builds.failed(user)
    assert page(onlooker_browser.get(LIST)).select("select[name=action]") == []
    act(onlooker_browser, "retry_selected", task)
    task.refresh_from_db()
    assert task.state == "FAILED"
