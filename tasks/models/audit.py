"""Who did what to which object."""

from __future__ import annotations

from typing import Any, NoReturn

from django.apps import apps
from django.db import models
from django.utils import timezone

from tasks.acts import Act, Source

LABEL_LENGTH = 200


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries are never changed; the clean-up removes them by `forget`."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError("The audit trail is append-only. Record another entry.")

    def forget(self) -> int:
        """Remove those that have been kept long enough: how many."""
        return self._raw_delete(self.db)


class AuditEntry(models.Model):
    """One act: who, what, to which object, when and from where. Append-only.

    It points at nothing by a foreign key, so that it stays as it is when the actor or the object
    goes. The database refuses to change it.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=150, help_text="Their username then, or a program's name.")
    actor_id = models.BigIntegerField(null=True, help_text="The user's id; none for a program.")
    action = models.CharField(max_length=8, choices=Act)
    object_model = models.CharField(max_length=100)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField("object", max_length=LABEL_LENGTH)
    task_id = models.UUIDField(null=True, help_text="The task that it is, or that it belongs to.")
    details = models.JSONField(default=dict)
    source = models.CharField(max_length=9, choices=Source)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit trail"
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["action", "-at", "-id"], name="audit_action_newest"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_actor_newest"),
            models.Index(fields=["source", "-at", "-id"], name="audit_source_newest"),
            models.Index(fields=["object_model", "object_id", "-at", "-id"], name="audit_object"),
            models.Index(
                fields=["task_id", "-at", "-id"],
                name="audit_task",
                condition=models.Q(task_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.object_type} by {self.actor}"

    @property
    def object_type(self) -> str:
        """What it was done to, in a word."""
        return str(apps.get_model(self.object_model)._meta.verbose_name)
