"""What is kept of a project: where its program runs, with what, and who may start it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from tasks.models import TaskState
from tasks.projects.sealing import seal, unseal

NAME = r"[a-z0-9][a-z0-9_-]*"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = "AGENTFORGE_"
"""How the variables begin that every program gets from us."""
READ_SECRETS = "projects.read_secrets"
RUN_ANY = "projects.run_project"


class ProjectQuerySet(models.QuerySet["Project"]):
    """Who may see which."""

    def visible_to(self, user: Any) -> ProjectQuerySet:
        """Staff see every project, others those they are members of."""
        return self if user.is_staff else self.filter(members=user)


def check_command(command: Any) -> None:
    """A command is a list of texts: the program and its first arguments."""
    is_list = isinstance(command, list) and all(isinstance(part, str) for part in command)
    if not is_list or not all(part and "\0" not in part for part in command):
        raise ValidationError('Write a list of texts, such as ["python", "agent.py"].')


def check_paths(paths: Any) -> None:
    """Paths are named directories."""
    if not isinstance(paths, dict) or not all(map(_is_absolute, paths.values())):
        raise ValidationError(
            'Write an object of names and absolute directories, such as {"input": "/srv/input"}.'
        )


def check_directory(path: str) -> None:
    """A directory is named from the root."""
    if not _is_absolute(path):
        raise ValidationError("Write an absolute path, such as /srv/shop.")


def _is_absolute(path: Any) -> bool:
    return isinstance(path, str) and "\0" not in path and PurePosixPath(path).is_absolute()


def may_run_any(user: Any) -> bool:
    """Whether somebody may start tasks in every project."""
    return bool(user.is_staff and user.has_perm(RUN_ANY))


def _limit(name: str, help_text: str) -> Any:
    return models.PositiveIntegerField(
        name, null=True, blank=True, validators=[MinValueValidator(1)], help_text=help_text
    )


class Project(models.Model):
    """A place where a program of the command line works. Its name is how requests name it."""

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(
                rf"^{NAME}\Z", "Use lower-case letters, digits, hyphens and underscores."
            )
        ],
    )
    command = models.JSONField(
        default=list,
        blank=True,
        validators=[check_command],
        help_text='The program and its first arguments, such as ["python", "agent.py"]. '
        "Empty: the agent program of this installation.",
    )
    working_directory = models.CharField(
        max_length=1024,
        blank=True,
        validators=[check_directory],
        help_text="Where the program runs. Empty: a directory of its own in the data directory.",
    )
    sealed_db_conn = models.TextField(blank=True, editable=False)
    paths = models.JSONField(
        default=dict,
        blank=True,
        validators=[check_paths],
        help_text='Directories, by name, whose files a task may name: {"input": "/srv/input"}.',
    )
    max_seconds = _limit("seconds", "How long a task's program may run.")
    max_memory_mb = _limit("memory (MB)", "What a task's processes may take together.")
    max_processes = _limit("processes", "How many a task may have at a time.")
    max_output_mb = _limit("output (MB)", "How much a task's program may print.")
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="projects",
        help_text="Who may start tasks here. Staff with the permission to may, too.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [
            ("read_secrets", "Can read projects with their secrets, as workers do"),
            ("run_project", "Can start tasks in projects without being a member"),
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_run_by(self, user: Any) -> bool:
        """Whether somebody who sees the project may start tasks in it."""
        return may_run_any(user) or self.members.filter(pk=user.pk).exists()

    @property
    def db_conn(self) -> str:
        """The connection to the project's database, in the clear.

        Raises:
            WrongKey: it cannot be decrypted.
        """
        return unseal(self.sealed_db_conn)

    @db_conn.setter
    def db_conn(self, value: str) -> None:
        self.sealed_db_conn = seal(value)


class Variable(models.Model):
    """A variable of the environment of a project's program. Its value is kept encrypted."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=128)
    sealed_value = models.TextField(blank=True, editable=False)
    is_secret = models.BooleanField(
        "secret", default=True, help_text="Shown to nobody; hidden in what the program prints."
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="variable_once_a_project")
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a name that no shell could set, or that is ours."""
        if not VARIABLE.fullmatch(self.name):
            raise ValidationError({"name": "Use letters, digits and underscores, like API_KEY."})
        if self.name.startswith(RESERVED):
            raise ValidationError({"name": f"Names that begin with {RESERVED} are set for you."})

    @property
    def value(self) -> str:
        """In the clear.

        Raises:
            WrongKey: it cannot be decrypted.
        """
        return unseal(self.sealed_value)

    @value.setter
    def value(self, value: str) -> None:
        self.sealed_value = seal(value)


KAFKA_KEY_LENGTH = 200


class KafkaTask(models.Model):
    """A task that came over Kafka, or was only stopped there yet, and what went back of it."""

    key = models.CharField(max_length=KAFKA_KEY_LENGTH, unique=True)
    """The `task_id` of the messages."""
    task = models.OneToOneField(
        TaskState, on_delete=models.CASCADE, null=True, related_name="kafka_task"
    )
    is_stopped = models.BooleanField(default=False)
    """Somebody has asked for its end, perhaps before it came."""
    sent_seq = models.PositiveIntegerField(default=0)
    """The last event that Kafka has confirmed."""
    is_settled = models.BooleanField(default=False)
    """Whether that was the task's final one."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="kafka_task_unsettled", condition=models.Q(is_settled=False)
            )
        ]

    def __str__(self) -> str:
        return self.key
