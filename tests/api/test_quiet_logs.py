"""What the log says about requests that are refused for reasons outside the program."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What the root logger writes meanwhile."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    try:
        yield written
    finally:
        logging.getLogger().removeHandler(handler)


def test_a_host_that_is_not_ours_takes_one_line() -> None:
    with logged() as written:
        assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
    (line,) = written.getvalue().splitlines()
    assert "evil.example" in line


def test_not_being_ready_is_no_error() -> None:
    with logged() as written:
        assert Client().get("/readyz").status_code in (200, 503)
    assert written.getvalue() == ""


def test_other_refusals_are_still_logged() -> None:
    with logged() as written:
        Client().get("/nonsense")
    assert "/nonsense" in written.getvalue()
