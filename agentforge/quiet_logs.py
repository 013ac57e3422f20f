"""Log filters for what is no fault of this program, and so deserves no alarm."""

from __future__ import annotations

import logging


class WithoutReadiness(logging.Filter):
    """Drops the 503s of /readyz: "not yet" is what it is asked for, and its caller is told."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return not (path.rstrip("/") == "/readyz" and getattr(record, "status_code", 0) == 503)


class WithoutTraceback(logging.Filter):
    """Leaves one line of a record. For refusals of requests, which show no way through our code."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
