"""Progress as lines of text."""

from __future__ import annotations

from typing import Any

from tasks.terminal import ProgressLines


def event(**fields: Any) -> dict[str, Any]:
    return {
        "step": "scrape",
        "state": "RUNNING",
        "percent": 5.0,
        "message": "",
        "data": {},
    } | fields


def test_a_percent_is_rounded_down() -> None:
    assert ProgressLines().line(event(percent=99.99)) == " 99 %  scrape"


def test_an_event_that_moves_nothing_gets_no_line() -> None:
    lines = ProgressLines()
    assert lines.line(event(percent=5.1))
    assert lines.line(event(percent=5.9)) == ""
    assert lines.line(event(percent=6.0))


def test_an_event_without_a_message_is_told_by_the_state_of_its_step() -> None:
    line = ProgressLines().line(event(data={"step_state": "SUCCESS"}))
    assert line.split() == ["5", "%", "scrape", "success"]
