"""What people read holds no secrets."""

from __future__ import annotations

import logging
import sys

import pytest

from tasks.masking import MaskingFilter, mask, masked


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("https://bob:pw@example.com/a failed", "https://***@example.com/a failed"),
        ("https://token@example.com/", "https://***@example.com/"),
        ("GET https://x.example/?api_key=abc&page=2", "GET https://x.example/?api_key=***&page=2"),
        ("sent Bearer abcdefghijkl to it", "sent Bearer *** to it"),
        ("sent af_" + "x" * 43, "sent af_***"),
        ("redis://:hunter2@cache.example:6379/0", "redis://***@cache.example:6379/0"),
        ("Authorization: Token abcdef, sent", "Authorization: ***, sent"),
        ("sent Token 9944b09199c6 to it", "sent Token *** to it"),
        ('{"password": "hunter2", "name": "x"}', '{"password": "***", "name": "x"}'),
        ("a\x00b", "a\ufffdb"),
    ],
)
def test_credentials_in_a_text_are_masked(text: str, readable: str) -> None:
    assert mask(text) == readable


@pytest.mark.parametrize(
    "text",
    [
        "142 of 530 pages fetched, 3 failed",
        "https://example.com/a@b/page",
        "1169 pages gave 5991 chunks, 1645109 tokens.",
        "max_tokens=400",
        "Basic mathematics, and how a token travels",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert mask(text) == text


def test_values_are_masked_by_their_names_and_within_their_strings() -> None:
    value = {"env": {"OPENAI_API_KEY": "sk-1", "HOME": "/a"}, "urls": ["https://a:b@c.example/"]}
    assert masked(value) == {
        "env": {"OPENAI_API_KEY": "***", "HOME": "/a"},
        "urls": ["https://***@c.example/"],
    }


def test_a_count_of_tokens_is_no_secret() -> None:
    assert masked({"tokens": 12, "token_count": 5}) == {"tokens": 12, "token_count": 5}


def test_log_lines_are_masked_with_their_arguments_in() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "to %s", ("https://a:b@c.example/",), None)
    assert MaskingFilter().filter(record)
    assert record.getMessage() == "to https://***@c.example/"


def test_so_are_the_tracebacks_below_them() -> None:
    try:
        raise ConnectionError("GET https://a:hunter2@c.example/ failed")
    except ConnectionError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), sys.exc_info())
    assert MaskingFilter().filter(record)
    line = logging.Formatter().format(record)
    assert "ConnectionError: GET https://***@c.example/ failed" in line
    assert line.count("Traceback") == 1
