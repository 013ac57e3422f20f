"""A database as full as after months of work: tasks with their steps, events, agents and results.

A million tasks have ten million other rows, so 10,000 tasks are made up in Python, and SQL repeats
them at earlier times and gives each what belongs to it. What is unfinished or rare is not
repeated: it is a fixed number of rows, as it is in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django_celery_results.models import TaskResult

from agents.models import AgentRecord, AgentStatus, AgentVersion, Chunk, Page, PageContent
from agents.params import WORKFLOW
from benchmarks import made_up_tasks
from benchmarks.filling_around import PAGES, PASSAGES, fill_around
from tasks import workflows
from tasks.models import (
    AuditEntry,
    HourTotal,
    StepRun,
    TaskEvent,
    TaskState,
    TaskText,
    WebhookDelivery,
)
from tasks.states import DeliveryState, EventType, State, StepState

OWNERS = 1000
DAYS = 85
"""Shorter than tasks are kept, so that retention has nothing to do but look."""
MOMENTS = ("created_at", "queued_at", "started_at", "finished_at")
INDEXES = {
    "postgresql": (
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE indexdef LIKE 'CREATE INDEX%'"
    ),
    "sqlite": (
        "SELECT tbl_name, name, sql FROM sqlite_master "
        "WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
    ),
}
NEW_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
HOURS = {
    "postgresql": (
        "date_trunc('hour', finished_at)",
        "extract(epoch FROM finished_at - queued_at)",
    ),
    "sqlite": (
        "strftime('%Y-%m-%d %H:00:00', finished_at)",
        "(julianday(finished_at) - julianday(queued_at)) * 86400",
    ),
}
"""The hour of a task's end, and the seconds that its run took."""
EARLIER = {
    "postgresql": "t.{column} - p.number * interval '{seconds} seconds'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', t.{column}, (-p.number * {seconds}) || ' seconds')",
}


def fill(size: int, events: int = 3, is_trimmed: bool = True) -> None:
    """Insert `size` tasks, a multiple of 10,000, into an empty, migrated database.

    Args:
        events: how many of its last ones a task has.
        is_trimmed: whether the histories of the older tasks are cut down to the final event.
    """
    periods = size // made_up_tasks.COUNT
    span = timedelta(days=DAYS) / periods
    TaskState.objects.bulk_create(
        made_up_tasks.made_up(_users(), span, old=made_up_tasks.COUNT // 50 if periods == 1 else 0)
    )
    agent = _insert_sample(TaskState.objects.filter(state=State.SUCCESS)[0], events)
    with _without_indexes():
        if periods > 1:
            _repeat(periods, span)
        if not is_trimmed:
            TaskState.objects.update(trimmed_at=None)
        _copy_to_every_task(agent)
        fill_around(size, agent)
    count_hours()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def count_hours() -> None:
    """The totals of hours, as the engine would have counted them."""
    hour, seconds = HOURS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {HourTotal._meta.db_table} (hour, workflow, state, shard, count, seconds)"
            f" SELECT {hour}, workflow, state, 0, count(*), sum({seconds})"
            f" FROM {TaskState._meta.db_table} WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3"
        )


def _users() -> list[int]:
    """A member of staff, somebody with many tasks, somebody with few, and everybody else."""
    User.objects.create_superuser("staff")
    names = ["many", "few", *(f"user{number}" for number in range(OWNERS))]
    return [user.pk for user in User.objects.bulk_create(User(username=name) for name in names)]


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Many rows go in faster if their indexes are built, and their references believed, later."""
    is_postgres = connection.vendor == "postgresql"
    of_tasks: tuple[type[Model], ...] = (TaskState, TaskText, StepRun, TaskEvent, AuditEntry)
    of_agents: tuple[type[Model], ...] = (AgentRecord, AgentVersion, Page, PageContent, Chunk)
    tables = {model._meta.db_table for model in of_tasks + of_agents}
    with connection.cursor() as cursor:
        if is_postgres:
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -500000")
        cursor.execute(INDEXES[connection.vendor])
        indexes = [row[1:] for row in cursor.fetchall() if row[0] in tables]
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, statement in indexes:
            cursor.execute(statement)
        if is_postgres:
            cursor.execute("RESET session_replication_role")


def _repeat(periods: int, span: timedelta) -> None:
    """Put a copy of each made-up task that is finished and not rare into every earlier period."""
    seconds = span.total_seconds()
    trimmed = timedelta(days=made_up_tasks.TRIMMED_DAYS) / span
    old = f"CASE WHEN p.number > {periods * 0.98} THEN '{made_up_tasks.OLD_WORD}' ELSE '' END"
    earlier = EARLIER[connection.vendor]
    changed = {name: earlier.format(column=name, seconds=seconds) for name in MOMENTS}
    changed |= {
        "id": NEW_ID[connection.vendor],
        "agent_id": f"CASE WHEN t.agent_id IS NOT NULL THEN {NEW_ID[connection.vendor]} END",
        "subject": f"replace(t.subject, '.example', '-' || p.number || '.example') || {old}",
        "trimmed_at": f"CASE WHEN p.number > {trimmed} THEN {changed['finished_at']} END",
    }
    names = [str(field.column) for field in TaskState._meta.concrete_fields]
    values = [changed.get(name, f"t.{name}") for name in names]
    table = TaskState._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE p(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM p "
            f"WHERE number < {periods - 1}) "
            f"INSERT INTO {table} ({', '.join(names)}) "
            f"SELECT {', '.join(values)} FROM p CROSS JOIN {table} t WHERE t.finished_at "
            f"IS NOT NULL AND t.workflow <> '{made_up_tasks.RARE_WORKFLOW}' "
            "ORDER BY p.number DESC, t.created_at"
        )


def _insert_sample(task: TaskState, events: int) -> AgentRecord:
    """What belongs to one task, to be copied to the others; returns its agent."""
    for position, step in enumerate(workflows.get(WORKFLOW).steps):
        counts = {"done": 1, "total": 1, "attempts": 1}
        named = {"position": position, "name": step.name, "weight": step.weight}
        result = f"{task.pk}/{position}"
        task.steps.create(
            **named,
            **counts,
            state=StepState.SUCCESS,
            started_at=task.started_at,
            celery_task_id=result,
        )
        TaskResult.objects.create(
            task_id=result,
            task_name="tasks.run_step",
            worker="one",
            status="SUCCESS",
            result="null",
        )
    for seq in range(task.last_seq - events + 1, task.last_seq + 1):
        task.events.create(seq=seq, type=EventType.STATE, state=task.state, percent=100)
    task.webhook_deliveries.create(
        run=1,
        task_state=task.state,
        state=DeliveryState.DELIVERED,
        next_attempt_at=None,
        attempt_count=1,
    )
    text = "Answers questions about a website. " * 4
    ready = {"status": AgentStatus.READY, "description": text}
    counts = {"page_count": PAGES * 4 // 5, "chunk_count": PAGES * 4 // 5 * PASSAGES}
    return AgentRecord.objects.create(
        id=task.agent_id, owner=task.owner, build_task=task, name="Handbook", **ready, **counts
    )


def _copy_to_every_task(agent: AgentRecord) -> None:
    """Texts, steps and events for all; agents, Celery's results and webhooks for some of them."""
    sample = TaskState._meta.pk.get_db_prep_value(agent.build_task_id, connection)
    numbered = "CAST(t.id AS varchar(36)) || '/' || {}"
    _copy(
        StepRun,
        sample,
        {
            "task_id": "t.id",
            "finished_at": "t.finished_at",
            "state": _state_of_step(),
            "celery_task_id": numbered.format("o.position"),
        },
    )
    _copy(
        TaskEvent,
        sample,
        {"task_id": "t.id", "state": "t.state", "percent": "t.percent", "at": "t.created_at"},
        "o.seq = 40 OR t.trimmed_at IS NULL",
    )
    some = "t.finished_at IS NOT NULL AND t.subject < 'https://d'"
    dates = {"created_at": "t.created_at", "updated_at": "t.created_at"}
    identity = {"id": "t.agent_id", "build_task_id": "t.id", "owner_id": "t.owner_id"}
    _copy(
        AgentRecord,
        sample,
        identity | {"name": "substr(t.subject, 9, 100)"} | dates,
        f"{some} AND t.agent_id IS NOT NULL",
    )
    _copy(
        WebhookDelivery,
        sample,
        {
            "id": "t.id",
            "task_id": "t.id",
            "task_state": "t.state",
            "state": f"CASE WHEN t.state = '{State.FAILED}' "
            f"THEN '{DeliveryState.GIVEN_UP}' ELSE '{DeliveryState.DELIVERED}' END",
            "created_at": "t.created_at",
            "finished_at": "t.finished_at",
        },
        some,
    )
    _copy(
        TaskResult,
        sample,
        {
            "task_id": numbered.format("substr(o.task_id, 38)"),
            "date_created": "t.finished_at",
            "date_done": "t.finished_at",
        },
        f"{some} AND t.trimmed_at IS NULL",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TaskText._meta.db_table} (task_id, text) SELECT id, "
            f"lower(subject || ' ' || error_message) FROM {TaskState._meta.db_table} "
            "ORDER BY created_at"
        )


def _state_of_step() -> str:
    """The state of the step `o` of the task `t`, as SQL: all before the current one succeeded."""
    steps = workflows.get(WORKFLOW).steps
    places = " ".join(f"WHEN '{step.name}' THEN {place}" for place, step in enumerate(steps))
    current = f"CASE t.current_step {places} ELSE 0 END"
    return (
        f"CASE WHEN t.state = '{State.SUCCESS}' OR o.position < {current} "
        f"THEN '{StepState.SUCCESS}' "
        f"WHEN o.position > {current} OR t.state = '{State.QUEUED}' THEN '{StepState.PENDING}' "
        "ELSE t.state END"
    )


def _copy(model: type[Model], sample: Any, changed: dict[str, str], where: str = "1 = 1") -> None:
    """Insert the sample of `model` again for every task but that of the sample.

    Args:
        sample: the primary key of its task, as the database writes it.
        changed: what is different, as SQL in which `t` is the task and `o` the row copied.
        where: for which of them, as SQL.
    """
    quote = connection.ops.quote_name
    table = model._meta.db_table
    fields = [f for f in model._meta.concrete_fields if "AutoField" not in f.get_internal_type()]
    columns = [str(field.column) for field in fields]
    names = ", ".join(map(quote, columns))
    values = ", ".join(changed.get(name, f"o.{quote(name)}") for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM tasks_taskstate t "
            f"CROSS JOIN (SELECT * FROM {table}) o "
            f"WHERE ({where}) AND t.id <> %s ORDER BY t.created_at",
            [sample],
        )
