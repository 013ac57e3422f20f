"""What a workflow is: named, weighted steps with their retry policies and time limits."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from tasks.errors import TransientError, UnknownWorkflow
from tasks.fan_out import FanOut
from tasks.frozen import outage_of

HARD_LIMIT_GRACE = 30.0
"""Seconds between a step's soft time limit and the hard one, which kills its process."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a step is tried, and how long it waits in between.

    Args:
        attempts: tries in all, the first one included.
        base: seconds that the first backoff may last at the most; it doubles with each attempt.
        cap: seconds that no backoff exceeds.
        retry_on: the errors worth another attempt.
    """

    attempts: int = 3
    base: float = 2.0
    cap: float = 60.0
    retry_on: tuple[type[Exception], ...] = (TransientError, OperationalError, OSError)

    def allows(self, error: BaseException, attempt: int) -> bool:
        """Whether the step is worth another attempt after `attempt` of them."""
        return attempt < self.attempts and isinstance(outage_of(error), self.retry_on)

    def backoff(self, attempt: int) -> timedelta:
        """Exponential backoff with full jitter.

        See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
        """
        ceiling = min(self.cap, self.base * 2 ** (attempt - 1))
        return timedelta(seconds=random.uniform(0, ceiling))  # noqa: S311


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a workflow.

    Args:
        name: unique within the workflow.
        function: called with a `StepContext`; returns a small JSON object or None. It may be
            executed again after a crash, so it resumes from what it finds.
        weight: its share of the bar, in percent.
        retry: what to do when it raises.
        soft_time_limit: seconds that one attempt may take. In a fan-out step, that is what each
            batch may take, and also what the step may take as a whole.
        fan_out: batches that any worker takes; `function` is then called when all are done.
    """

    name: str
    function: Callable[..., Any]
    weight: int
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    soft_time_limit: float = 600.0
    fan_out: FanOut | None = None

    @property
    def hard_time_limit(self) -> float:
        """Seconds after which the attempt's process is killed."""
        return self.soft_time_limit + HARD_LIMIT_GRACE


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take back what a cancelled task has done outside, where no transaction reaches.

    Args:
        function: called with an `UndoContext` after the cancel, again and again until it returns.
        from_step: the first step with such effects. When a cancelled task is retried, this step
            and those after it are repeated.
    """

    function: Callable[..., None]
    from_step: str


@dataclass(frozen=True)
class Workflow:
    """A named list of steps whose weights sum to 100.

    Args:
        name: how requests name it.
        title: what a person reads.
        steps: in the order of their execution.
        clean: checks and normalizes the parameters of a request; raises `InvalidParams`.
        subject: says in a few words what a task with these (clean) parameters is about.
        undo: what to do when a task was cancelled whose steps have effects outside.
        admit: called with the (clean) parameters and the owner of a new task; raises
            `InvalidParams` or `NotAllowed` if that user may not have such a task.
        last_words: the last line of the log of a task that was cancelled.

    Raises:
        ImproperlyConfigured: weights, names or time limits are wrong. Checked at import.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    clean: Callable[[dict[str, Any]], dict[str, Any]]
    subject: Callable[[dict[str, Any]], str] = lambda params: ""
    undo: Undo | None = None
    admit: Callable[[dict[str, Any], Any], None] = lambda params, owner: None
    last_words: str = ""

    def __post_init__(self) -> None:
        total = sum(step.weight for step in self.steps)
        if total != 100:
            raise ImproperlyConfigured(f"The weights of {self.name} sum to {total}, not to 100.")
        if len({step.name for step in self.steps}) != len(self.steps):
            raise ImproperlyConfigured(f"Two steps of {self.name} have the same name.")
        for step in self.steps:
            if step.weight < 1:
                raise ImproperlyConfigured(
                    f"{self.name}.{step.name} weighs {step.weight}; a step weighs 1 at least."
                )
            if step.hard_time_limit > settings.LONGEST_STEP:
                raise ImproperlyConfigured(
                    f"{self.name}.{step.name} may run for {step.hard_time_limit:.0f} s, but no "
                    f"step may be longer than LONGEST_STEP, {settings.LONGEST_STEP} s."
                )

        if self.undo and self.undo.from_step not in self.by_name:
            raise ImproperlyConfigured(
                f"{self.name} is to be undone from {self.undo.from_step!r}, which is no step of it."
            )

    @cached_property
    def undone_steps(self) -> frozenset[str]:
        """The names of the steps that a cancel undoes."""
        if self.undo is None:
            return frozenset()
        return frozenset(step.name for step in self.steps_from(self.undo.from_step))

    def steps_from(self, name: str) -> tuple[Step, ...]:
        """The step of that name and those after it.

        Raises:
            UnknownWorkflow: a task has outlived the step, which is no longer part of the workflow.
        """
        if name not in self.by_name:
            raise UnknownWorkflow(f"The workflow {self.name} has no step {name!r} any more.")
        return self.steps[list(self.by_name).index(name) :]

    @cached_property
    def by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    def celery_name(self, step: str) -> str:
        """The name of the step's Celery task, as logs and Flower show it."""
        return f"{self.name}.{step}"

    def batch_celery_name(self, step: str) -> str:
        """The name of the Celery task of a fan-out step's batches."""
        return f"{self.celery_name(step)}.batch"


_registry: dict[str, Workflow] = {}


def add(workflow: Workflow) -> None:
    """Put `workflow` into the registry. Use `tasks.registry.register`, which also binds Celery."""
    if workflow.name in _registry:
        raise ImproperlyConfigured(f"Two workflows are named {workflow.name}.")
    _registry[workflow.name] = workflow


def get(name: str) -> Workflow:
    """The workflow of that name.

    Raises:
        UnknownWorkflow: there is none; the message lists those that there are.
    """
    try:
        return _registry[name]
    except KeyError:
        known = ", ".join(names()) or "none"
        raise UnknownWorkflow(f"There is no workflow {name!r}. Known workflows: {known}.") from None


def last_words(name: str) -> str:
    """The last line of the log of a cancelled task of that workflow; empty if there is none, also
    because this installation no longer knows the workflow."""
    return _registry[name].last_words if name in _registry else ""


def names() -> list[str]:
    """The names of all registered workflows."""
    return sorted(_registry)
