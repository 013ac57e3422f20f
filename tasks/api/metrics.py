"""`GET /metrics`: the figures for Prometheus, or as JSON."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tasks import metrics
from tasks.api.prometheus import Collector
from tasks.metrics import Figures, StepFigures, WorkflowFigures


class StaffOnly(BasePermission):
    """The figures are about everybody's work; for those who see their own only, they do not
    exist."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_staff:
            raise NotFound("There is nothing here for you; the metrics are for staff.")
        return True


class MetricsView(APIView):
    """`GET /metrics`."""

    def get_permissions(self) -> list[Any]:
        return [] if settings.AGENTFORGE_METRICS_PUBLIC else [IsAuthenticated(), StaffOnly()]

    @extend_schema(exclude=True)  # For machines that know the format, like /healthz.
    def get(self, request: Request) -> HttpResponse | Response:
        figures = metrics.collect()
        accepted = request.headers.get("Accept", "")
        if "application/json" in accepted:
            return Response(as_json(figures))
        registry = CollectorRegistry()
        registry.register(Collector(figures))
        encode, content_type = choose_encoder(accepted)
        return HttpResponse(encode(registry), content_type=content_type)


def as_json(figures: Figures) -> dict[str, Any]:
    """The figures for a program that has no PromQL: with the averages worked out."""
    return {
        "time": figures.at,
        "queue_age_seconds": figures.queue_age,
        "beat_ticked_at": figures.pulses.get("beat"),
        "swept_at": figures.pulses.get("sweep"),
        "workflows": {
            name: _workflow(figures, each) for name, each in sorted(figures.workflows.items())
        },
    }


def _workflow(figures: Figures, workflow: WorkflowFigures) -> dict[str, Any]:
    return {
        "unfinished": workflow.unfinished,
        "queue_age_seconds": figures.age(workflow.oldest_queued_at),
        "finished": {state: runs.count for state, runs in workflow.runs.items()},
        "average_seconds": {state: runs.average for state, runs in workflow.runs.items()},
        "error_rate": workflow.error_rate,
        "restarts": workflow.restarts,
        "steps": {name: _step(step) for name, step in workflow.steps.items()},
    }


def _step(step: StepFigures) -> dict[str, Any]:
    return {
        "attempts": {state: attempts.count for state, attempts in step.attempts.items()},
        "average_seconds": {state: attempts.average for state, attempts in step.attempts.items()},
        "retries": step.retries,
        "rescues": step.rescues,
    }
