"""What the engine keeps: tasks, steps, history, the tokens of its API, and who did what."""

from tasks.models.audit import AuditEntry
from tasks.models.events import TaskEvent
from tasks.models.steps import StepBatch, StepRun
from tasks.models.task import DeadLetter, TaskQuerySet, TaskState, TaskText
from tasks.models.tokens import ApiToken
from tasks.models.totals import Counter, HourTotal, Pulse
from tasks.models.webhooks import WebhookAttempt, WebhookDelivery

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Counter",
    "DeadLetter",
    "HourTotal",
    "Pulse",
    "StepBatch",
    "StepRun",
    "TaskEvent",
    "TaskQuerySet",
    "TaskState",
    "TaskText",
    "WebhookAttempt",
    "WebhookDelivery",
]
