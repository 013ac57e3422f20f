"""The buttons on the admin's pages of one object: for whom, and what they leave in the trail."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents import params
from tasks import lifecycle, tokens
from tasks.models import ApiToken, AuditEntry, TaskState, WebhookDelivery
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts
from tests.people import staff_of

TASK = "/admin/tasks/taskstate/"


def browser_of(role: str) -> Client:
    browser = Client(headers={"Accept": "text/html"})
    browser.force_login(staff_of(role))
    return browser


def press(browser: Client, address: str) -> str:
    """Press a button; what the page says then."""
    shown = page(browser.post(address, follow=True))
    return " ".join(texts(shown, ".messagelist li"))


@pytest.mark.parametrize(
    ("made", "button", "state"),
    [
        (builds.queued, "cancel", "CANCELLED"),
        (builds.failed, "retry", "QUEUED"),
        (builds.cancelled, "start-over", "QUEUED"),
    ],
    ids=["cancel", "retry", "start over"],
)
def test_an_operator_acts_on_a_task_and_is_named_on_its_page(
    user: User, made: object, button: str, state: str
) -> None:
    task: TaskState = made(user)  # type: ignore[operator]
    browser = browser_of("Operators")
    press(browser, f"{TASK}{task.pk}/{button}/")
    task.refresh_from_db()
    assert task.state == state
    entry = AuditEntry.objects.filter(actor="operators").get()
    assert (entry.source, entry.object_id) == ("admin", str(task.pk))
    shown = page(browser.get(f"{TASK}{task.pk}/change/"))
    assert f"{entry.get_action_display()} by operators" in text(one(shown, ".acts li:first-child"))


@pytest.mark.parametrize("role", ["", "Viewers"])
def test_whoever_may_not_sees_the_button_and_the_reason(user: User, role: str) -> None:
    task = builds.queued(user)
    browser = browser_of(role)
    shown = page(browser.get(f"{TASK}{task.pk}/change/"))
    assert one(shown, ".offers button").has_attr("disabled")
    assert "tasks.cancel_taskstate" in text(one(shown, ".offers .help"))
    assert "tasks.cancel_taskstate" in text(page(browser.post(f"{TASK}{task.pk}/cancel/"), 403))
    task.refresh_from_db()
    assert task.state == "QUEUED"
    assert not AuditEntry.objects.exists()


def test_owners_press_buttons_of_what_is_theirs(db: None) -> None:
    browser = browser_of("")
    task = builds.queued(User.objects.get(username="onlooker"))
    assert press(browser, f"{TASK}{task.pk}/cancel/") == "The task is cancelled."


def test_who_comes_too_late_is_told_so(admin_browser: Client, user: User) -> None:
    task = builds.cancelled(user)
    AuditEntry.objects.forget()
    assert "CANCELLED already" in press(admin_browser, f"{TASK}{task.pk}/cancel/")
    assert not AuditEntry.objects.exists()


def test_a_button_is_pressed_not_followed(admin_browser: Client, user: User) -> None:
    task = builds.queued(user)
    assert admin_browser.get(f"{TASK}{task.pk}/cancel/").status_code == 405


def test_a_form_of_another_site_changes_nothing(staff: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    assert browser.post(f"{TASK}{builds.queued(staff).pk}/cancel/").status_code == 403


def test_a_dead_letter_is_retried_on_its_page(admin_browser: Client, user: User) -> None:
    task = builds.failed(user)
    admin_browser.post(f"/admin/tasks/deadletter/{task.pk}/retry/")
    task.refresh_from_db()
    assert task.state == "QUEUED"


def test_a_delivery_is_replayed_and_a_token_revoked(admin_browser: Client, user: User) -> None:
    task = lifecycle.submit(
        "build-agent",
        params.clean({"urls": ["https://docs.example.com/"]}),
        user,
        callback_url="https://hooks.example.com/",
    ).task
    lifecycle.cancel(task.pk, by=user)
    delivery = WebhookDelivery.objects.get()
    said = press(admin_browser, f"/admin/tasks/webhookdelivery/{delivery.pk}/replay/")
    assert said == "The delivery is sent once more."
    token, _ = tokens.issue(user)
    press(admin_browser, f"/admin/tasks/apitoken/{token.pk}/revoke/")
    assert ApiToken.objects.get().revoked_at
    newest = [entry.action for entry in AuditEntry.objects.all()[:3]]
    assert newest == ["revoke", "add", "replay"]
