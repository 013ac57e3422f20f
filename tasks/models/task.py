"""A task: what it is to do, where it is, and what a free text finds of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from tasks.states import ACTIVE, FINISHED, Priority, State


class TaskQuerySet(models.QuerySet["TaskState"]):
    """State queries as verbs."""

    def queued(self) -> TaskQuerySet:
        return self.filter(state=State.QUEUED)

    def running(self) -> TaskQuerySet:
        return self.filter(state=State.RUNNING)

    def unfinished(self) -> TaskQuerySet:
        """The same as `active`, in the words of the index that has nothing else in it."""
        return self.filter(finished_at__isnull=True)

    def active(self) -> TaskQuerySet:
        return self.filter(state__in=ACTIVE)

    def finished(self) -> TaskQuerySet:
        return self.filter(state__in=FINISHED)

    def dead_letters(self) -> TaskQuerySet:
        # Every one of them has finished; that it is said makes their indexes usable.
        return self.filter(state=State.FAILED, finished_at__isnull=False)

    def held(self) -> TaskQuerySet:
        """Those that a worker renews the lease of."""
        return self.filter(lease_expires_at__gt=timezone.now())

    def matching(self, text: str) -> TaskQuerySet:
        """All that a free text finds, which no text does. As slow as the table is long: whoever
        shows tasks asks for a page of them (see `tasks.search`)."""
        from tasks import search

        return self.filter(search.condition(text))

    def visible_to(self, user: Any) -> TaskQuerySet:
        """Staff see every task, others their own."""
        return self if user.is_staff else self.filter(owner=user)


class TaskState(models.Model):
    """One run of a workflow for one owner. Only `tasks.lifecycle` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workflow = models.CharField(max_length=64)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    params = models.JSONField(default=dict)
    subject = models.CharField(
        max_length=200, blank=True, help_text="What it is about, in a few words."
    )
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.NORMAL)
    callback_url = models.CharField(max_length=2048, blank=True)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    percent = models.FloatField(default=0)
    current_step = models.CharField(max_length=64, blank=True)
    details = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True, blank=True)
    agent_id = models.UUIDField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    failed_step = models.CharField(
        max_length=64, blank=True, help_text="The current step of a task that has failed."
    )

    run = models.PositiveIntegerField(default=1)
    last_seq = models.PositiveBigIntegerField(default=0)
    lease_holder = models.CharField(max_length=128, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    dispatches = models.PositiveIntegerField(default=0)
    next_dispatch_at = models.DateTimeField(null=True, blank=True)

    undo_pending = models.BooleanField(
        default=False, help_text="A step has begun whose effects outside a cancel undoes."
    )
    undo_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its clean-up after a cancel is to be asked for again.",
    )
    undo_attempts = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    trimmed_at = models.DateTimeField(
        null=True, blank=True, help_text="When its history was cut down to the final event."
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = "task"
        ordering = ["-created_at", "-id"]
        permissions = [
            ("cancel_taskstate", "Can cancel tasks of others"),
            ("retry_taskstate", "Can retry tasks of others"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"], name="task_idempotency_key_per_owner"
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.SUCCESS, percent=100)
                | (~models.Q(state=State.SUCCESS) & models.Q(percent__lt=100)),
                name="task_percent_is_100_only_on_success",
            ),
        ]
        # None has a column that most steps change, such as `current_step` or `last_seq`: PostgreSQL
        # then leaves the indexes alone when it writes a new version of a row (a heap-only tuple),
        # and with as many as these that would be most of the work.
        indexes = [
            # The lists, whatever they are filtered by: in order, so that a page reads its own rows.
            models.Index(fields=["-created_at", "-id"], name="task_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="task_state_newest"),
            models.Index(fields=["owner", "-created_at", "-id"], name="task_owner_newest"),
            models.Index(fields=["workflow", "-created_at", "-id"], name="task_workflow_newest"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="task_owner_state"),
            models.Index(
                fields=["owner", "workflow", "-created_at", "-id"], name="task_owner_workflow"
            ),
            models.Index(
                fields=["workflow", "state", "-created_at", "-id"], name="task_workflow_state"
            ),
            models.Index(
                fields=["owner", "workflow", "state", "-created_at", "-id"],
                name="task_owner_workflow_state",
            ),
            models.Index(
                fields=["-finished_at", "-id"],
                name="task_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["owner", "-finished_at", "-id"],
                name="task_owner_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["workflow", "-finished_at", "-id"],
                name="task_workflow_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["owner", "workflow", "-finished_at", "-id"],
                name="task_owner_workflow_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["agent_id"],
                name="task_agent",
                condition=models.Q(agent_id__isnull=False),
            ),
            models.Index(
                fields=["next_dispatch_at"],
                name="task_next_dispatch",
                condition=models.Q(next_dispatch_at__isnull=False),
            ),
            models.Index(
                fields=["undo_due_at"],
                name="task_undo_due",
                condition=models.Q(undo_due_at__isnull=False),
            ),
            models.Index(
                fields=["lease_expires_at"],
                name="task_lease_expiry",
                condition=models.Q(lease_expires_at__isnull=False),
            ),
            models.Index(
                fields=["state", "-finished_at", "-id"],
                name="task_state_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["finished_at"],
                name="task_untrimmed",
                condition=models.Q(finished_at__isnull=False, trimmed_at__isnull=True),
            ),
            # Dead letters, in order by whatever they are filtered by. A task that does not fail is
            # in none of these. SQLite takes them for the narrower way because the state leads, and
            # leaves them alone in other lists because those do not say that a task has finished.
            *(
                models.Index(
                    fields=["state", *fields],
                    name=f"task_dead_{name}",
                    condition=models.Q(state=State.FAILED, finished_at__isnull=False),
                )
                for name, fields in (
                    (
                        "letters",
                        ["workflow", "failed_step", "error_code", "finished_at", "id", "owner"],
                    ),
                    ("by_workflow", ["workflow", "-finished_at", "-id"]),
                    ("by_step", ["failed_step", "-finished_at", "-id"]),
                    ("by_error", ["error_code", "-finished_at", "-id"]),
                )
            ),
            # Each queue in its order: how many tasks are before one.
            models.Index(
                fields=["priority", "queued_at"],
                name="task_line",
                condition=models.Q(state=State.QUEUED),
            ),
            # Only what is not finished: counting it costs the same however long the history is.
            models.Index(
                fields=["state", "workflow", "queued_at"],
                name="task_unfinished",
                condition=models.Q(finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def cancel_requested(self) -> bool:
        return self.cancel_requested_at is not None


class TaskText(models.Model):
    """What a free text is looked for in, folded. Only `tasks.lifecycle` writes it.

    Their ids have the order in which tasks were submitted, which a search goes by.
    """

    task = models.OneToOneField(TaskState, on_delete=models.CASCADE, related_name="text")
    text = models.TextField()

    def __str__(self) -> str:
        return f"text of {self.task_id}"


class DeadLetter(TaskState):
    """A task that failed after every retry it was allowed: a page of its own in the admin."""

    class Meta:
        proxy = True
        verbose_name = "dead letter"
        ordering = ["-finished_at"]
