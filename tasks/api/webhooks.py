"""The delivery log of a task's webhooks, and its replay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tasks.api.pagination import NewestFirst
from tasks.api.schema import FORBIDDEN_ACT
from tasks.api.throttles import SubmitThrottle
from tasks.api.views import visible_task
from tasks.models import WebhookAttempt, WebhookDelivery
from tasks.states import DeliveryState, State
from tasks.webhooks import outbox


class AttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    """One request: `status` is null when no answer came, `error` is empty after a success."""

    class Meta:
        model = WebhookAttempt
        fields = ["number", "at", "status", "error", "duration_ms"]


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One end of a task that its callback URL is told of. `next_attempt_at` is null at the end."""

    delivery_id = serializers.UUIDField(source="id")
    task_state = serializers.ChoiceField(choices=State.choices)
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "delivery_id",
            "run",
            "task_state",
            "state",
            "created_at",
            "next_attempt_at",
            "finished_at",
            "attempts",
        ]


class WebhookListView(generics.ListAPIView[WebhookDelivery]):
    """`GET /tasks/{id}/webhooks`."""

    serializer_class = DeliverySerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        task = visible_task(self.request, self.kwargs["task_id"])
        return task.webhook_deliveries.prefetch_related("attempts")

    @extend_schema(operation_id="tasks_webhooks")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class WebhookReplayView(APIView):
    """`POST /tasks/{id}/webhooks/{delivery_id}/replay`."""

    throttle_classes = [SubmitThrottle]

    @extend_schema(
        operation_id="tasks_webhook_replay",
        request=None,
        responses={202: DeliverySerializer, 403: FORBIDDEN_ACT},
    )
    def post(self, request: Request, task_id: UUID, delivery_id: UUID) -> Response:
        deliveries = visible_task(request, task_id).webhook_deliveries
        delivery = deliveries.filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound("There is no such delivery of this task. Check the delivery_id.")
        replayed = DeliverySerializer(outbox.replay(delivery, by=request.user)).data
        return Response(replayed, status=status.HTTP_202_ACCEPTED)
