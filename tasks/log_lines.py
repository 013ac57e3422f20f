"""Log lines: which task, step and request they are about, and how they are written."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_ids: ContextVar[dict[str, Any]] = ContextVar("log_ids", default={})  # noqa: B039  (never changed)


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """Put these ids on every line that is logged within the block."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def begin(**ids: Any) -> None:
    """Put these ids, and no others, on every line from now on."""
    _ids.set(ids)


def current(name: str) -> str:
    """The id of that name that lines are written with now; empty if there is none."""
    return str(_ids.get().get(name, ""))


class IdsFilter(logging.Filter):
    """Notes on each record what it is about, for the formatters."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.ids = _ids.get()
        return True


class LineFormatter(logging.Formatter):
    """A line for people, with the ids at its end where there are any."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        line = super().formatMessage(record)
        ids = " ".join(f"{name}={value}" for name, value in _ids_of(record).items())
        return f"{line} [{ids}]" if ids else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the ids, and the exception.

    Nothing else of the record: what libraries put there (Celery the arguments of a task) is not
    masked.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_ids_of(record),
        }
        # MaskingFilter has formatted and masked it before.
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


def _ids_of(record: logging.LogRecord) -> dict[str, Any]:
    return getattr(record, "ids", {})
