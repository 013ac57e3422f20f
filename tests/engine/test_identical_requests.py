"""Ten identical requests that arrive at once are one task."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import httpx
import pytest

from tests.engine.driver import Engine

pytestmark = pytest.mark.services


def test_one_is_accepted_and_the_others_are_told_of_it(
    client: httpx.Client, engine: Engine
) -> None:
    together, key = Barrier(10), str(uuid4())

    def post(_: int) -> httpx.Response:
        together.wait()
        body = {"workflow": "test-seven", "params": {"same": True}}
        return client.post("/tasks", json=body, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(post, range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [202]
    replayed = {
        answer.status_code: answer.headers.get("Idempotency-Replayed") for answer in answers
    }
    assert replayed == {202: None, 200: "true"}
    (task_id,) = {answer.json()["task_id"] for answer in answers}
    engine.wait_for(task_id, "SUCCESS")
    assert len(engine.step_events(task_id, "s1", "RUNNING")) == 1


def test_the_same_key_with_another_body_is_a_conflict(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first = client.post("/tasks", json={"workflow": "test-seven"}, headers=headers)
    other = client.post("/tasks", json={"workflow": "test-count"}, headers=headers)
    assert (first.status_code, other.status_code) == (202, 409)
    assert other.json()["errors"][0]["code"] == "idempotency_conflict"
