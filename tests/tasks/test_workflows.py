"""A workflow that cannot work is refused where it is declared."""

from __future__ import annotations

from math import ceil

import pytest
from celery import current_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tasks import workflows
from tasks.errors import UnknownWorkflow
from tasks.fan_out import FanOut
from tasks.runner import SOFT_LIMIT_GRACE
from tasks.workflows import HARD_LIMIT_GRACE, Step, Workflow
from tests.workflows.declared import any_params, nothing


def declare(*steps: Step, name: str = "declared-here") -> Workflow:
    return Workflow(name, "Declared here", steps, any_params)


@pytest.mark.parametrize("weights", [(), (99,), (50, 51), (60, 60), (35, 60)])
def test_weights_that_do_not_sum_to_100_are_refused(weights: tuple[int, ...]) -> None:
    steps = [Step(f"s{number}", nothing, weight) for number, weight in enumerate(weights)]
    with pytest.raises(ImproperlyConfigured, match=rf"sum to {sum(weights)}, not to 100"):
        declare(*steps)


@pytest.mark.parametrize("weight", [0, -1])
def test_a_step_without_weight_is_refused(weight: int) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"declared-here\.light weighs"):
        declare(Step("heavy", nothing, 100 - weight), Step("light", nothing, weight))


def test_two_steps_of_the_same_name_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="the same name"):
        declare(Step("twice", nothing, 50), Step("twice", nothing, 50))


def test_a_step_whose_hard_limit_outlasts_the_broker_is_refused() -> None:
    longest = settings.LONGEST_STEP - HARD_LIMIT_GRACE
    declare(Step("long", nothing, 100, soft_time_limit=longest))
    with pytest.raises(ImproperlyConfigured, match=r"declared-here\.long may run for 7201 s"):
        declare(Step("long", nothing, 100, soft_time_limit=longest + 1))


def test_the_hard_limit_leaves_time_for_the_soft_one() -> None:
    assert Step("slow", nothing, 100, soft_time_limit=7).hard_time_limit == 7 + HARD_LIMIT_GRACE


def test_celerys_own_limits_stand_behind_ours() -> None:
    step = workflows.get("test-sync-limit").by_name["sleep"]
    task = current_app.tasks["test-sync-limit.sleep"]
    assert task.soft_time_limit == ceil(step.soft_time_limit + SOFT_LIMIT_GRACE)
    assert task.time_limit == ceil(step.hard_time_limit) > task.soft_time_limit


def test_a_name_is_given_once() -> None:
    with pytest.raises(ImproperlyConfigured, match="Two workflows are named test-seven"):
        workflows.add(declare(Step("only", nothing, 100), name="test-seven"))


def test_an_unknown_workflow_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownWorkflow, match=r"no workflow 'other'.*build-agent, .*test-seven"):
        workflows.get("other")


def test_every_step_has_a_celery_task_that_says_which() -> None:
    from celery import current_app

    workflow = workflows.get("test-seven")
    names = {workflow.celery_name(step.name) for step in workflow.steps}
    assert names == {f"test-seven.s{number}" for number in range(1, 8)}
    assert names <= set(current_app.tasks)


def test_a_step_that_fans_out_has_a_celery_task_for_its_batches_too() -> None:
    from celery import current_app

    assert {"test-fan-out.many", "test-fan-out.many.batch"} <= set(current_app.tasks)


def test_batches_without_items_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="batch_size is 0; a batch holds 1 item"):
        FanOut(plan=nothing, work=nothing, batch_size=0)


@pytest.mark.parametrize("details", ["{pages} pages", "{} of {}", "{done"])
def test_a_line_that_cannot_be_filled_in_is_refused(details: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"something other than \{done\} and"):
        FanOut(plan=nothing, work=nothing, details=details)


def test_the_last_batch_holds_what_is_left() -> None:
    assert FanOut(plan=nothing, work=nothing, batch_size=2).cut([1, 2, 3]) == [[1, 2], [3]]


def test_little_work_is_cut_so_that_every_process_has_a_share() -> None:
    fan_out = FanOut(plan=nothing, work=nothing, batch_size=50, least_batches=4)
    assert [len(batch) for batch in fan_out.cut(range(40))] == [10] * 4
    assert [len(batch) for batch in fan_out.cut(range(3))] == [1] * 3
    assert [len(batch) for batch in fan_out.cut(range(1000))] == [50] * 20


def test_build_agent_has_seven_steps_of_the_agreed_weights() -> None:
    assert [(step.name, step.weight) for step in workflows.get("build-agent").steps] == [
        ("validate", 5),
        ("scrape", 35),
        ("extract", 15),
        ("describe", 15),
        ("create", 10),
        ("upload", 15),
        ("finalize", 5),
    ]
