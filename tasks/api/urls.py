"""The routes of the task API."""

from tasks.api import audit, dead_letters, health, metrics, views, webhooks
from tasks.api.routes import route

urlpatterns = [
    *route("tasks", views.TaskListView.as_view(), "tasks"),
    *route("tasks/<uuid:task_id>", views.TaskView.as_view(), "task"),
    *route("tasks/<uuid:task_id>/result", views.TaskResultView.as_view(), "task-result"),
    *route("tasks/<uuid:task_id>/events", views.TaskEventsView.as_view(), "task-events"),
    *route("tasks/<uuid:task_id>/retry", views.TaskRetryView.as_view(), "task-retry"),
    *route("tasks/<uuid:task_id>/audit", audit.TaskAuditView.as_view(), "task-audit"),
    *route("tasks/<uuid:task_id>/webhooks", webhooks.WebhookListView.as_view(), "task-webhooks"),
    *route(
        "tasks/<uuid:task_id>/webhooks/<uuid:delivery_id>/replay",
        webhooks.WebhookReplayView.as_view(),
        "task-webhook-replay",
    ),
    *route("dead-letters", dead_letters.DeadLettersView.as_view(), "dead-letters"),
    *route("dead-letters/retry", dead_letters.DeadLettersRetryView.as_view(), "dead-letters-retry"),
    *route("healthz", health.healthz, "healthz"),
    *route("readyz", health.readyz, "readyz"),
    *route("metrics", metrics.MetricsView.as_view(), "metrics"),
]
