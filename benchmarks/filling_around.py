"""What stands around the tasks of a filled database: what agents know, documents, webhooks, tokens,
what people did, and the whole histories of a few tasks.

All of it grows with the tasks, but for what belongs to one task or one agent. SQL repeats what has
been made up once, as in `benchmarks.filling`.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from agents.documents.models import Document
from agents.models import AgentRecord, AgentVersion, Chunk, Page, PageContent, PageStatus
from agents.providers.base import KnowledgeItem
from agents.providers.local import LocalProvider
from agents.providers.local.models import LocalAgent
from agents.spec import spec_of
from benchmarks.website import VOCABULARY
from tasks.acts import Act, Source
from tasks.models import (
    ApiToken,
    AuditEntry,
    StepBatch,
    StepRun,
    TaskEvent,
    TaskState,
    WebhookAttempt,
    WebhookDelivery,
)
from tasks.states import BatchState, DeliveryState, EventType, State, StepState

TASKS_A_ROW = 100
"""One document, token and user for so many tasks."""
AGENTS_A_WEBSITE = 10
"""Of so many agents, one has its pages; the others are as after a build of documents long gone."""
PAGES, PASSAGES = 20, 3
"""Of an agent, and of a page."""
LARGE = 300
"""Pages of one agent, the same in every database."""
STATUSES = [PageStatus.FAILED, PageStatus.SKIPPED, PageStatus.DUPLICATE, PageStatus.EMPTY]
EVENTS = 400
"""Of each of the tasks whose whole history is there."""
BATCHES = 50
"""Of each task that runs."""


def fill_around(size: int, agent: AgentRecord) -> None:
    """Insert it, for a database of `size` tasks, in which agents, steps and deliveries are.

    Args:
        agent: whose pages are copied to others, and which can be asked.
    """
    _know(agent, range(PAGES))
    _copy_knowledge(agent)
    _know(agent, range(PAGES, LARGE))
    _upload(agent)
    _insert_select(
        AgentVersion,
        "agents_agentrecord a",
        {
            "agent_id": "a.id",
            "number": "1",
            "task_id": "a.build_task_id",
            "created_at": "a.created_at",
            "pages_new": str(PAGES),
        },
    )
    _insert_what_people_have(size // TASKS_A_ROW)
    _insert_acts()
    _insert_attempts()
    _insert_batches()
    for state in (State.RUNNING, State.FAILED, State.SUCCESS):
        _tell_whole_history(TaskState.objects.filter(state=state).order_by("-created_at")[0])


def _know(agent: AgentRecord, positions: range) -> None:
    """Pages of the agent with passages, one in five of them without any, for several reasons."""
    pages = Page.objects.bulk_create(_page(agent, position) for position in positions)
    text = (VOCABULARY + " ").capitalize() * 2
    PageContent.objects.bulk_create(
        PageContent(page=page, markdown=f"# {page.title}\n\n{text * PASSAGES}") for page in pages
    )
    Chunk.objects.bulk_create(
        Chunk(
            agent=agent,
            page=page,
            position=position,
            heading_path=[page.title, f"Part {position}"],
            text=f"Passage {position} of page {page.position}. {text}",
            token_count=120,
        )
        for page in pages
        if page.status == PageStatus.EXTRACTED
        for position in range(PASSAGES)
    )


def _page(agent: AgentRecord, position: int) -> Page:
    has_failed = position % 5 == 4
    status = STATUSES[position // 5 % len(STATUSES)] if has_failed else PageStatus.EXTRACTED
    return Page(
        agent=agent,
        url=f"https://docs.example.com/part/{position}/",
        position=position,
        status=status,
        reason="The server answered with 404 Not Found." if status == PageStatus.FAILED else "",
        http_status=404 if status == PageStatus.FAILED else 200,
        bytes=20_000,
        title=f"Page {position}",
        fetched_at=timezone.now(),
    )


def _copy_knowledge(agent: AgentRecord) -> None:
    """The pages of `agent`, and what they hold, for one of ten of the others."""
    sample = AgentRecord._meta.pk.get_db_prep_value(agent.pk, connection)
    _insert_select(
        Page,
        "(SELECT id, row_number() OVER (ORDER BY created_at) AS number FROM agents_agentrecord) a "
        "CROSS JOIN (SELECT * FROM agents_page) o",
        {"agent_id": "a.id"},
        f"a.number %% {AGENTS_A_WEBSITE} = 0 AND a.id <> %s",
        sample,
    )
    pages = (
        "agents_page p JOIN (SELECT id, position FROM agents_page WHERE agent_id = %s) s "
        "ON s.position = p.position JOIN {table} o ON o.page_id = s.id"
    )
    for model, changed in (
        (PageContent, {"page_id": "p.id"}),
        (Chunk, {"page_id": "p.id", "agent_id": "p.agent_id"}),
    ):
        rows = pages.format(table=model._meta.db_table)
        _insert_select(model, rows, changed, "p.agent_id <> %s", sample, sample)


def _upload(agent: AgentRecord) -> None:
    """Have the agent be at the local provider, with all that it knows."""
    provider = LocalProvider()
    agent.provider_agent_id = provider.create(spec_of(agent))
    agent.page_count, agent.chunk_count = LARGE * 4 // 5, LARGE * 4 // 5 * PASSAGES
    agent.save()
    chunks = agent.chunks.select_related("page")
    provider.upload(
        agent.provider_agent_id,
        [
            KnowledgeItem(
                chunk.pk, chunk.page.url, chunk.page.title, chunk.heading_path, chunk.text
            )
            for chunk in chunks
        ],
    )
    LocalAgent.objects.filter(pk=agent.provider_agent_id).update(passage_count=len(chunks))


def _insert_what_people_have(count: int) -> None:
    """Users, each with a document and a token; and a page of tokens of the member of staff."""
    names = (f"visitor{number}" for number in range(count))
    users = User.objects.bulk_create(User(username=name) for name in names)
    now = timezone.now()
    Document.objects.bulk_create(
        Document(
            id=uuid.uuid4(),
            owner=user,
            name=f"handbook-{number}.pdf",
            kind=("pdf", "docx", "html", "txt")[number % 4],
            bytes=1_000_000,
            sha256=f"{number:064x}",
            uploaded_at=now - timedelta(minutes=10 * number),
        )
        for number, user in enumerate(users)
    )
    staff = User.objects.get(username="staff")
    ApiToken.objects.bulk_create(
        ApiToken(
            user=user,
            name=f"Import {number}",
            digest=f"{number:064x}",
            hint=f"af_{number:06x}",
            created_at=now - timedelta(minutes=5 * number),
            revoked_at=now if number % 10 == 9 else None,
        )
        for number, user in enumerate([*users, *[staff] * 40])
    )


def _insert_acts() -> None:
    """Each cancel, the retries of what failed again, and an edit of one agent in a hundred."""
    tasks = "tasks_taskstate t JOIN auth_user u ON u.id = t.owner_id"
    of_task = {
        "actor": "u.username",
        "actor_id": "u.id",
        "object_model": "'tasks.taskstate'",
        "object_id": "CAST(t.id AS varchar(64))",
        "object_label": "substr(t.subject, 1, 200)",
        "task_id": "t.id",
        "details": "'{}'",
        "request_id": "''",
    }
    for act, source, state, at in (
        (Act.CANCEL, Source.DASHBOARD, State.CANCELLED, "t.finished_at"),
        (Act.RETRY, Source.API, State.FAILED, "t.queued_at"),
    ):
        changed = of_task | {"action": f"'{act}'", "source": f"'{source}'", "at": at}
        _insert_select(AuditEntry, tasks, changed, "t.state = %s", state)
    _insert_select(
        AuditEntry,
        "(SELECT *, row_number() OVER (ORDER BY created_at) AS number FROM agents_agentrecord) t "
        "JOIN auth_user u ON u.id = t.owner_id",
        of_task
        | {
            "object_model": "'agents.agentrecord'",
            "object_label": "substr(t.name, 1, 200)",
            "task_id": "NULL",
            "action": f"'{Act.CHANGE}'",
            "source": f"'{Source.DASHBOARD}'",
            "at": "t.created_at",
        },
        "t.number %% 100 = 0",
    )


def _insert_attempts() -> None:
    """One request of a delivery that was answered, and three of one that was given up."""
    for number in (1, 2, 3):
        _insert_select(
            WebhookAttempt,
            f"{WebhookDelivery._meta.db_table} d",
            {
                "delivery_id": "d.id",
                "number": str(number),
                "at": "d.created_at",
                "status": f"CASE WHEN d.state = '{DeliveryState.DELIVERED}' THEN 204 ELSE 500 END",
                "error": "''",
                "duration_ms": "80",
            },
            "d.state = %s" if number > 1 else "d.state <> %s",
            DeliveryState.GIVEN_UP if number > 1 else DeliveryState.PENDING,
        )


def _insert_batches() -> None:
    """Those of the tasks that run, which is a fixed number."""
    for step in StepRun.objects.filter(task__state=State.RUNNING, state=StepState.RUNNING):
        StepBatch.objects.bulk_create(
            StepBatch(step=step, number=number, size=50, state=BatchState.PENDING)
            for number in range(1, BATCHES + 1)
        )


def _tell_whole_history(task: TaskState) -> None:
    """Give the task every event of a long build."""
    task.events.all().delete()
    begun = task.created_at
    TaskEvent.objects.bulk_create(
        TaskEvent(
            task=task,
            seq=seq,
            type=EventType.LOG if seq % 2 else EventType.PROGRESS,
            state=State.RUNNING,
            percent=min(20, seq / 20),
            step="scrape",
            message=f"{seq} of {EVENTS} pages fetched from the website",
            at=begun + timedelta(seconds=seq),
        )
        for seq in range(1, EVENTS + 1)
    )
    TaskState.objects.filter(pk=task.pk).update(last_seq=EVENTS)
    task.steps.filter(state=StepState.SUCCESS).update(
        started_at=begun, finished_at=begun + timedelta(seconds=EVENTS)
    )


def _insert_select(
    model: type[Model], rows: str, changed: dict[str, str], where: str = "1 = 1", *given: Any
) -> None:
    """Insert a row of `model` for each of `rows`, SQL for what stands after FROM.

    Args:
        changed: the columns, as SQL. The others are those of the row `o`, if `rows` has one that
            is named so; else their defaults.
        given: the parameters of `rows` and `where`.
    """
    quote = connection.ops.quote_name
    has_sample = " o " in f"{rows} "
    values = {}
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if column in changed:
            values[column] = changed[column]
        elif "AutoField" in field.get_internal_type():
            continue
        elif has_sample:
            values[column] = f"o.{quote(column)}"
        elif not field.null:
            values[column] = _literal(field.get_default())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(map(quote, values))}) "
            f"SELECT {', '.join(values.values())} FROM {rows} WHERE {where}",
            list(given),
        )


def _literal(value: Any) -> str:
    if isinstance(value, int):
        return str(int(value))
    return f"'{value or ''}'"
