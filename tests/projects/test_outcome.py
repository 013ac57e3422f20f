"""What a program's last line makes the task's result, and what is hidden in what it prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.programs.lines import CUT, LONGEST_LINE, LineCutter
from tasks.programs.streaming import Printed
from tasks.projects.config import Limits, ProjectConfig
from tasks.projects.outcome import result_of
from tasks.projects.secrets import Hidden


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ('{"result": {"rows": 5, "token": "abc"}}', {"rows": 5, "token": "***"}),
        ('{"result": [1, 2], "percent": 100}', {"result": [1, 2]}),
        ('{"result": "done"}', {"result": "done"}),
        ('{"result": false}', {"result": False}),
        ('{"result": {"agent_id": "x"}}', {"result": {"agent_id": "x"}}),
        ('{"result": null}', {"lines": 7}),
        ('{"result": NaN}', {"lines": 7}),
        ('{"result": [1e999, -1e999, 1.5]}', {"result": [None, None, 1.5]}),
        (r'{"result": {"a\u0000": "\\u0000 \\\u0000"}}', {"a\ufffd": "\\u0000 \\\ufffd"}),
        (r'{"result": "\ud83d \ud83d\ude00"}', {"result": "? \U0001f600"}),
        ('{"result": ' + "[" * 800 + "]" * 800 + "}", {"lines": 7}),
        ('{"other": 1}', {"lines": 7}),
        ('{"result": ', {"lines": 7}),
        ("[1]", {"lines": 7}),
        ("done", {"lines": 7}),
        ("", {"lines": 7}),
    ],
)
def test_a_last_line_with_a_result_is_the_tasks(line: str, result: dict[str, Any]) -> None:
    assert result_of(Printed(7, line, False)) == result


def test_a_line_that_was_cut_is_no_result() -> None:
    assert result_of(Printed(7, '{"result": 1}', True)) == {"lines": 7}


def test_secrets_are_hidden_wherever_they_stand() -> None:
    hidden = Hidden(["s3cr3t-value", "s3cr3t-value-longer", "on", "first line\nsecond line"])
    assert hidden.text("x=s3cr3t-value-longer;s3cr3t-value on") == "x=***;*** on"
    assert hidden.text("second line") == "***"
    assert Hidden(["on"]).text("on") == "on"


def test_no_part_of_a_secret_is_left_where_a_line_is_cut() -> None:
    secret = "s3cr3t-välue-of-some-length"
    for length in (6, 10, len(secret.encode()) - 1):
        cutter = LineCutter()
        cutter.feed(b"." * (LONGEST_LINE - length) + secret.encode() + b"\n")
        (line,) = cutter.take()
        shown = Hidden(["another", secret]).text(line)
        assert "s3cr3t" not in shown
        assert shown.endswith(f".***{CUT}")


@pytest.mark.parametrize("is_ascii", [True, False])
def test_secrets_are_hidden_as_json_writes_them(is_ascii: bool) -> None:
    secret = 'pä"ss\\wörd'
    line = json.dumps({"result": f"used {secret}", "percent": 5}, ensure_ascii=is_ascii)
    shown = Hidden([secret]).text(line)
    assert result_of(Printed(1, shown, False)) == {"result": "used ***"}


@pytest.mark.parametrize(
    ("connection", "secrets", "shown"),
    [
        (
            "postgres://shop:p%40ssword@host/shop",
            ["p%40ssword", "p@ssword"],
            "postgres://***@host/shop",
        ),
        ("postgres://shop:p@ssword@host/shop", ["p@ssword"], "postgres://***@host/shop"),
        ("host=db password=hunter2-hunter2", ["hunter2-hunter2"], "host=db password=***"),
        ("host=db password='of two words'", ["of two words"], "host=db password=***"),
        (
            "Server=db;Uid=shop;Pwd=hunter2;Encrypt=yes",
            ["hunter2"],
            "Server=db;Uid=shop;Pwd=***;Encrypt=yes",
        ),
        (
            "postgres://host/shop?user=shop&password=hunter2",
            ["hunter2"],
            "postgres://host/shop?user=shop&password=***",
        ),
        ("sqlite:///shop.db", [], "sqlite:///shop.db"),
    ],
)
def test_so_is_the_password_of_the_database(
    connection: str, secrets: list[str], shown: str
) -> None:
    config = ProjectConfig("shop", [], "", connection, {}, {"KEY": "value"}, ["KEY"], Limits())
    assert sorted(config.secret_values) == sorted([*secrets, "value"])
    assert config.masked()["db_conn"] == shown
