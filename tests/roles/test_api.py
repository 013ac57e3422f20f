"""What each role may do over the API: what it may not see is 404, what it may not do is 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from agents.models import AgentRecord
from tasks.models import AuditEntry, TaskState
from tests.api.answers import error, results
from tests.api.conftest import client_of
from tests.dashboard import builds
from tests.people import staff_of

pytestmark = pytest.mark.services

Call = Callable[[APIClient], Any]


@pytest.fixture
def acts(request: pytest.FixtureRequest, user: User) -> dict[str, Call]:
    """Each act on something that `user` owns."""

    def made(name: str) -> Any:
        return request.getfixturevalue(name)

    def replay(client: APIClient) -> Any:
        delivery = made("delivery")
        return client.post(f"/tasks/{delivery.task_id}/webhooks/{delivery.pk}/replay")

    return {
        "cancel": lambda client: client.delete(f"/tasks/{builds.queued(user).pk}"),
        "retry": lambda client: client.post(f"/tasks/{builds.failed(user).pk}/retry"),
        "dead letter": lambda client: client.post(
            "/dead-letters/retry", {"task_id": str(builds.failed(user).pk)}, "json"
        ),
        "dead letters": lambda client: client.post(
            "/dead-letters/retry", {"step": builds.failed(user).current_step}, "json"
        ),
        "replay": replay,
        "edit agent": lambda client: client.patch(
            f"/agents/{made('agent').pk}", {"name": "Changed"}, "json"
        ),
        "delete agent": lambda client: client.delete(f"/agents/{made('agent').pk}"),
        "delete document": lambda client: client.delete(f"/documents/{made('document').pk}"),
    }


OPERATED = ["cancel", "retry", "dead letter", "dead letters", "replay", "edit agent"]
ADMINISTERED = ["delete agent", "delete document"]
EVERY = [*OPERATED, *ADMINISTERED]
MAY = {
    "": [],
    "Viewers": [],
    "Operators": OPERATED,
    "Administrators": EVERY,
}


@pytest.mark.parametrize("act", EVERY)
@pytest.mark.parametrize("role", MAY)
def test_staff_do_to_others_what_their_role_allows(
    db: None, acts: dict[str, Call], role: str, act: str
) -> None:
    response = acts[act](client_of(staff_of(role)))
    if act in MAY[role]:
        assert response.status_code in (200, 202, 204), response.content
        assert AuditEntry.objects.filter(actor=role.lower()).exclude(action="add").count() == 1
    else:
        _, code, sentence = error(response, 403)
        assert code == "permission_denied"
        assert "you do not have the permission" in sentence
        assert not AuditEntry.objects.exclude(action="add").exclude(actor="a test").exists()


@pytest.mark.parametrize("act", EVERY)
def test_owners_may_do_all_to_what_is_theirs(
    api_client: APIClient, acts: dict[str, Call], act: str
) -> None:
    assert acts[act](api_client).status_code in (200, 202, 204)


@pytest.mark.parametrize("act", EVERY)
def test_superusers_may_do_all(staff: User, acts: dict[str, Call], act: str) -> None:
    assert acts[act](client_of(staff)).status_code in (200, 202, 204)


@pytest.mark.parametrize("act", [act for act in EVERY if act != "dead letters"])
def test_to_others_it_is_not_there(db: None, acts: dict[str, Call], act: str) -> None:
    stranger = User.objects.create_user("stranger")
    assert error(acts[act](client_of(stranger)), 404)[1] == "not_found"


def test_staff_without_a_right_may_do_all_to_what_is_theirs(db: None) -> None:
    onlooker = staff_of()
    task = builds.queued(onlooker)
    assert client_of(onlooker).delete(f"/tasks/{task.pk}").status_code == 202


def test_a_permission_of_somebody_who_is_not_staff_shows_them_nothing(user: User) -> None:
    operator = staff_of("Operators")
    operator.is_staff = False
    operator.save()
    assert client_of(operator).delete(f"/tasks/{builds.queued(user).pk}").status_code == 404


def test_a_permission_that_is_taken_away_is_gone_at_once(user: User) -> None:
    operator = staff_of("Operators")
    client = client_of(operator)
    assert client.delete(f"/tasks/{builds.queued(user).pk}").status_code == 202
    operator.groups.clear()
    assert client.delete(f"/tasks/{builds.queued(user).pk}").status_code == 403


def test_of_mixed_dead_letters_ones_own_are_retried_and_the_rest_is_refused(user: User) -> None:
    onlooker = staff_of()
    mine, theirs = builds.failed(onlooker), builds.failed(user)
    answer = client_of(onlooker).post("/dead-letters/retry", {"all": True}, "json").json()
    assert answer == {"retried": 1, "refused": 1, "remaining": 0}
    states = dict(TaskState.objects.values_list("pk", "state"))
    assert states == {mine.pk: "QUEUED", theirs.pk: "FAILED"}


def test_a_refused_edit_does_not_reach_the_provider(agent: AgentRecord) -> None:
    client_of(staff_of("Viewers")).patch(f"/agents/{agent.pk}", {"name": "Changed"}, "json")
    agent.refresh_from_db()
    assert agent.name == "Handbook"


def test_the_audit_of_a_task_is_there_for_whoever_may_see_it(
    api_client: APIClient, user: User
) -> None:
    task = builds.queued(user)
    client_of(staff_of("Operators", "alice")).delete(f"/tasks/{task.pk}")
    (entry,) = results(api_client.get(f"/tasks/{task.pk}/audit"))
    assert entry.pop("at")
    assert entry == {
        "actor": "alice",
        "action": "cancel",
        "object_type": "task",
        "object_id": str(task.pk),
        "source": "api",
        "details": {"run": 1, "percent": 0.0},
    }
    stranger = User.objects.create_user("stranger")
    assert client_of(stranger).get(f"/tasks/{task.pk}/audit").status_code == 404


def test_a_replay_is_in_the_audit_of_its_task(api_client: APIClient, delivery: Any) -> None:
    api_client.post(f"/tasks/{delivery.task_id}/webhooks/{delivery.pk}/replay")
    newest = results(api_client.get(f"/tasks/{delivery.task_id}/audit"))[0]
    assert (newest["action"], newest["object_type"]) == ("replay", "webhook delivery")
