"""How numbers and times are put into words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasks import display


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (13.75, "13.7"), (99.99, "99.9"), (0.3, "0.3"), (57.0, "57"), (100, "100")],
)
def test_a_percent_is_cut_off_and_never_rounded_up(value: float, shown: str) -> None:
    assert display.percent(value) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (-1_000, "0.0 s"),
        (449, "0.4 s"),
        (9_999, "9.9 s"),
        (10_000, "10 s"),
        (59_999, "59 s"),
        (200_000, "3 min 20 s"),
        (3_600_000, "1 h 00 min"),
        (93_784_000, "26 h 03 min"),
    ],
)
def test_a_duration_is_as_precise_as_a_person_wants(milliseconds: int, shown: str) -> None:
    assert display.duration(milliseconds) == shown


def test_a_duration_lies_between_whole_milliseconds_as_in_a_browser() -> None:
    started = datetime(2030, 1, 1, 0, 0, 0, 900, tzinfo=UTC)
    assert display.elapsed(started, started + timedelta(microseconds=99_100)) == "0.1 s"


def test_parameters_that_say_nothing_are_left_out() -> None:
    params = {"urls": ["a", "b"], "name": "", "include": [], "max_depth": 0}
    assert display.readable_params(params) == [("urls", ["a", "b"]), ("max_depth", ["0"])]


def test_parameters_are_shown_without_their_secrets() -> None:
    params = {"urls": ["https://example.com/?token=abc"], "api_key": "abc"}
    assert display.readable_params(params) == [
        ("urls", ["https://example.com/?token=***"]),
        ("api_key", ["***"]),
    ]


def test_a_result_has_separators_in_its_numbers_and_none_in_its_ids() -> None:
    result = {"tokens": 12345, "id": "12345678-aaaa-4bbb-8ccc-123456789012"}
    assert display.readable_result(result) == [
        ("tokens", ["12,345"]),
        ("id", ["12345678-aaaa-4bbb-8ccc-123456789012"]),
    ]


def test_what_stands_within_an_object_is_named_by_its_path() -> None:
    params = {"project": "shop", "params": {"input": "x", "secret": "abc", "more": {"deep": [1]}}}
    assert display.readable_params(params) == [
        ("project", ["shop"]),
        ("params.input", ["x"]),
        ("params.secret", ["***"]),
        ("params.more.deep", ["1"]),
    ]
