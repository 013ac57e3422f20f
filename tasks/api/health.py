"""`/healthz` says that this process lives, `/readyz` whether work would be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from django.db import connection
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from kombu import Connection
from rest_framework.decorators import (
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.request import Request
from rest_framework.response import Response

from tasks import metrics, pulse

TIMEOUT = 1
"""Seconds that the broker, and then a worker, may take to answer."""


class Late(Exception):
    """What must happen every few seconds has not; the message says since when."""


@extend_schema(exclude=True)
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
def healthz(request: Request) -> Response:
    """200 while this process answers at all."""
    return Response({"status": "ok"})


@extend_schema(exclude=True)
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
def readyz(request: Request) -> Response:
    """200 if the database and the broker answer and work is done; else 503, and what is missing."""
    probes = {
        "database": _database,
        "broker": _broker,
        "workers": _workers,
        "beat": _beat,
        "sweep": _sweep,
    }
    checks = {name: _check(probe) for name, probe in probes.items()}
    ready = all(check["ok"] for check in checks.values())
    body = {
        "status": "ready" if ready else "not ready",
        "checks": checks,
        "queue_age_seconds": round(metrics.queue_age(), 3) if checks["database"]["ok"] else None,
    }
    return Response(body, status=200 if ready else 503)


def _check(probe: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"ok": True, "detail": probe()}
    except Late as late:
        return {"ok": False, "detail": str(late)}
    except Exception as error:
        return {"ok": False, "detail": type(error).__name__}


def _database() -> str:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.vendor


@contextmanager
def _connected() -> Iterator[Connection]:
    with current_app.connection_for_write(connect_timeout=TIMEOUT) as broker:
        # Celery's own patience with a broker is for workers. Who asks here wants to know now.
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT)
        yield broker


def _broker() -> str:
    with _connected() as broker:
        return str(broker.transport_cls)


def _workers() -> str:
    with _connected() as broker:
        answers = current_app.control.ping(timeout=TIMEOUT, limit=1, connection=broker)
    if not answers:
        raise TimeoutError("no worker answered")
    return ", ".join(name for answer in answers for name in answer)


def _beat() -> str:
    return _seen_lately(pulse.BEAT)


def _sweep() -> str:
    """Whether work is done: a worker that answers a ping may still consume nothing."""
    try:
        return _seen_lately(pulse.SWEEP)
    except Late:
        # Behind long steps in every process of every worker, the sweep has to wait.
        if pulse.workers_are_busy():
            return "all workers are busy"
        raise


def _seen_lately(name: str) -> str:
    at = pulse.last().get(name)
    if at is None:
        raise Late("never yet")
    age = timezone.now() - at
    if age > pulse.LATE:
        raise Late(f"{age.total_seconds():.0f} s ago")
    return f"{age.total_seconds():.0f} s ago"
