"""What is no error for Python, and yet ends a step: the task fails once, and the worker goes on."""

from __future__ import annotations

import pytest

from tests.engine.driver import Engine

pytestmark = pytest.mark.services


@pytest.mark.parametrize(
    ("workflow", "step", "escaped"),
    [
        ("test-exit", "leave", "SystemExit"),
        ("test-stray-cancel", "wait", "CancelledError"),
    ],
)
def test_it_fails_the_task_and_is_not_executed_again(
    engine: Engine, workflow: str, step: str, escaped: str
) -> None:
    task_id = engine.submit(workflow)
    task = engine.wait_for(task_id, "FAILED")
    assert task["error_code"] == "unexpected_error"
    assert f"The step {step} met an unexpected {escaped}." in task["error_message"]
    assert len(engine.step_events(task_id, step, "RUNNING")) == 1
    engine.wait_for(engine.submit("test-seven"), "SUCCESS")
