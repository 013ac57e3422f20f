"""The page of webhook deliveries: what was sent where, what came of it, and the replay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from tasks import counting
from tasks.dashboard import page, staff_only
from tasks.models import TaskState, WebhookDelivery
from tasks.states import DeliveryState
from tasks.webhooks import outbox

DELIVERIES_A_PAGE = 25
COUNT_LIMIT = 999


@staff_only
@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    """The deliveries, newest first: those in one state, or of one task, if the query says so."""
    state = request.GET.get("state", "").upper()
    state = state if state in DeliveryState else ""
    task = _named_task(request)
    deliveries = WebhookDelivery.objects.all()
    if task:
        deliveries = deliveries.filter(task=task)
    shown = deliveries.filter(state=state) if state else deliveries
    rows = shown.select_related("task").prefetch_related("attempts")
    context = {
        "deliveries": counting.CappedPaginator(rows, DELIVERIES_A_PAGE).get_page(
            request.GET.get("page")
        ),
        "state": state,
        "task": task,
        "tabs": [
            (value, label, _count(deliveries.filter(state=value)))
            for value, label in DeliveryState.choices
        ],
    }
    return render(request, "tasks/deliveries.html", context)


@staff_only
@require_POST
def replay_delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Deliver once more, and show the task's deliveries."""
    delivery = get_object_or_404(WebhookDelivery, pk=delivery_id)
    outbox.replay(delivery, by=request.user)
    messages.success(request, "The delivery is made again, from now on.")
    return redirect(f"{reverse('dashboard-deliveries')}?task={delivery.task_id}")


def _named_task(request: HttpRequest) -> TaskState | None:
    """The task that the query names; one that is not there is 404."""
    named = request.GET.get("task", "")
    if not named:
        return None
    try:
        task_id = UUID(named)
    except ValueError:
        task_id = UUID(int=0)
    return get_object_or_404(TaskState.objects.visible_to(request.user), pk=task_id)


def _count(deliveries: QuerySet[Any]) -> str:
    count = counting.up_to(COUNT_LIMIT, deliveries)
    return f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else str(count)


urlpatterns = [
    *page("dashboard/webhooks", delivery_list, "dashboard-deliveries"),
    path(
        "dashboard/webhooks/<uuid:delivery_id>/replay",
        replay_delivery,
        name="dashboard-delivery-replay",
    ),
]
