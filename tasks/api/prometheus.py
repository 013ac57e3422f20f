"""The figures in the names and types that Prometheus knows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

from tasks.counters import BOUNDS
from tasks.metrics import Durations, Figures


class Collector:
    """One scrape: what `tasks.metrics.collect` read, as metric families."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._workflows = sorted(figures.workflows.items())

    def collect(self) -> Iterator[Metric]:
        """What `prometheus_client` asks of a collector."""
        yield from self._now()
        yield from self._runs()
        yield from self._steps()

    def _now(self) -> Iterator[Metric]:
        tasks = GaugeMetricFamily(
            "agentforge_tasks", "Unfinished tasks.", labels=["workflow", "state"]
        )
        age = GaugeMetricFamily(
            "agentforge_queue_age_seconds",
            "How long the oldest queued task has waited.",
            labels=["workflow"],
        )
        pulse = GaugeMetricFamily(
            "agentforge_last_pulse_timestamp_seconds",
            "When beat ticked (beat) and when a worker finished a sweep (sweep).",
            labels=["of"],
        )
        for name, workflow in self._workflows:
            age.add_metric([name], self._figures.age(workflow.oldest_queued_at))
            for state, count in workflow.unfinished.items():
                tasks.add_metric([name, state], count)
        for of, at in sorted(self._figures.pulses.items()):
            pulse.add_metric([of], at.timestamp())
        yield from (tasks, age, pulse)

    def _runs(self) -> Iterator[Metric]:
        finished = CounterMetricFamily(
            "agentforge_tasks_finished", "Runs that ended.", labels=["workflow", "state"]
        )
        durations = HistogramMetricFamily(
            "agentforge_task_duration_seconds",
            "From when a run was queued to its end.",
            labels=["workflow", "state"],
        )
        restarts = CounterMetricFamily(
            "agentforge_task_restarts",
            "Finished tasks that somebody retried.",
            labels=["workflow"],
        )
        for name, workflow in self._workflows:
            restarts.add_metric([name], workflow.restarts)
            for state, runs in workflow.runs.items():
                finished.add_metric([name, state], runs.count)
                _add_histogram(durations, [name, state], runs)
        yield from (finished, durations, restarts)

    def _steps(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "agentforge_step_duration_seconds",
            "How long an attempt at a step took, by how it ended.",
            labels=["workflow", "step", "state"],
        )
        retries = CounterMetricFamily(
            "agentforge_step_retries",
            "Attempts that failed and were followed by another.",
            labels=["workflow", "step"],
        )
        rescues = CounterMetricFamily(
            "agentforge_step_rescues",
            "Steps that were taken back from a worker that died.",
            labels=["workflow", "step"],
        )
        for name, workflow in self._workflows:
            for step_name, step in workflow.steps.items():
                retries.add_metric([name, step_name], step.retries)
                rescues.add_metric([name, step_name], step.rescues)
                for state, attempts in sorted(step.attempts.items()):
                    _add_histogram(durations, [name, step_name, state], attempts)
        yield from (durations, retries, rescues)


def _add_histogram(family: HistogramMetricFamily, labels: list[str], durations: Durations) -> None:
    # Bounds that an older version counted by are still in the database.
    bounds = sorted({*BOUNDS, *durations.counts})
    counts = accumulate(durations.counts.get(bound, 0) for bound in bounds)
    buckets = [(_le(bound), count) for bound, count in zip(bounds, counts, strict=True)]
    family.add_metric(labels, buckets=buckets, sum_value=durations.seconds)


def _le(bound: float) -> str:
    return "+Inf" if math.isinf(bound) else str(bound)
