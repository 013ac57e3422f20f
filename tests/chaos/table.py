"""The figures of a run as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.run import Report

WIDTH = 40


def lines(report: Report) -> Iterator[str]:
    """The whole report, to be printed."""
    yield "Faults"
    for fault, times in report.blows.most_common():
        yield f"  {fault:<{WIDTH}} {times:>7}"
    yield f"  {'together':<{WIDTH}} {report.blows.total():>7}"
    yield "Tasks, by how they ended"
    for end, times in sorted(report.ends.items()):
        yield f"  {end:<{WIDTH}} {times:>7}"
    yield "In all"
    for name, value in report.totals.items():
        yield f"  {name:<{WIDTH}} {value:>7}"
    yield f"Recovery, seconds{'':<{WIDTH - 15}} {'count':>7} {'median':>7} {'p95':>7} {'max':>7}"
    for name, figures in report.recovery.items():
        spread = f"{figures.median:>7.1f} {figures.p95:>7.1f} {figures.longest:>7.1f}"
        yield f"  {name:<{WIDTH}} {figures.count:>7} {spread}"
    yield f"Violations: {len(report.violations)}"
    for violation in report.violations:
        yield f"  {violation}"
