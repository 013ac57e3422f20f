"""A step that takes too long is stopped, whatever it is doing."""

from __future__ import annotations

import pytest

from tasks.runner import SOFT_LIMIT_GRACE
from tests.engine.driver import Engine

pytestmark = pytest.mark.services


@pytest.mark.parametrize(
    ("workflow", "step", "seconds"),
    [
        ("test-async-limit", "wait", 1),
        ("test-sync-limit", "sleep", 1),
        ("test-stubborn-limit", "hang", 1),
        ("test-swallowed-limit", "block", 1),
        ("test-unwatched-limit", "sleep", 1 + SOFT_LIMIT_GRACE),
    ],
)
def test_it_fails_in_time_with_its_name_in_the_error_and_is_not_tried_again(
    engine: Engine, workflow: str, step: str, seconds: float
) -> None:
    task_id = engine.submit(workflow)
    task = engine.wait_for(task_id, "FAILED")
    assert task["error_code"] == "time_limit"
    assert task["error_message"].startswith(f"The step {step} ran longer than its limit of 1 s.")
    assert engine.step(task_id, step)["attempts"] == 1
    assert seconds - 0.5 <= engine.seconds_of_step(task_id, step) < seconds + 2
