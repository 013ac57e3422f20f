"""How long agents keep what they were built from, how long unfinished ones are kept, and the end of
those that somebody deleted."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone

from agents import removal
from agents.documents.models import Document
from agents.models import AgentRecord, AgentStatus, Page, PageContent
from agents.providers.base import ProviderError
from agents.providers.local.models import LocalAgent, LocalPassage
from agents.providers.registry import UnknownProvider, provider
from agents.refresh.draft import discard_at_provider
from tasks.models import TaskState
from tasks.retention import Rule, register
from tasks.states import RETRYABLE, State

LONGEST_SEARCH = timedelta(minutes=1)

logger = logging.getLogger(__name__)


@receiver(pre_delete, sender=TaskState)
def hide_what_was_never_finished(instance: TaskState, **_: Any) -> None:
    """An agent without a task counts as built; one whose build was cancelled at the very end must
    not appear when that task goes."""
    if instance.state != State.SUCCESS:
        AgentRecord.objects.filter(build_task=instance).update(status=AgentStatus.BUILDING)


def _raw_pages(before: datetime) -> QuerySet[PageContent]:
    return PageContent.objects.filter(
        raw__isnull=False, page__fetched_at__lt=before, page__agent__status=AgentStatus.READY
    ).order_by("page")


def _drop_raw(keys: list[int], before: datetime) -> int:
    return PageContent.objects.filter(pk__in=keys).update(raw=None)


def _old_drafts(before: datetime) -> QuerySet[AgentRecord]:
    return AgentRecord.objects.filter(
        status=AgentStatus.BUILDING,
        build_task__state__in=RETRYABLE,
        build_task__finished_at__lt=before,
    )


def _abandon(keys: list[UUID], before: datetime) -> int:
    """Take the drafts away from their builds, so that no retry goes on with half of one."""
    with transaction.atomic():
        # A retry locks its task, too: it finds the draft whole, or it finds none.
        tasks = list(TaskState.objects.select_for_update().filter(agent__in=keys).order_by("pk"))
        drafts = _old_drafts(before).filter(pk__in=keys, build_task__in=tasks)
        return AgentRecord.objects.filter(pk__in=list(drafts.values_list("pk", flat=True))).update(
            build_task=None
        )


def _pages_of_abandoned(before: datetime) -> QuerySet[Page]:
    return Page.objects.filter(agent__in=AgentRecord.objects.abandoned()).order_by()


def _delete_pages(keys: list[int], before: datetime) -> int:
    return removal.delete_pages(keys)


def _emptied(before: datetime) -> QuerySet[AgentRecord]:
    pages = Page.objects.filter(agent=OuterRef("pk"))
    return AgentRecord.objects.abandoned().filter(~Exists(pages), updated_at__lt=before)


def _delete_drafts(keys: list[UUID], before: datetime) -> int:
    return sum(_delete_draft(draft) for draft in _emptied(before).filter(pk__in=keys))


def _delete_draft(draft: AgentRecord) -> bool:
    """Delete the draft here and at its provider. Where that fails, it is left for much later."""
    try:
        if draft.refreshes:
            discard_at_provider(provider(draft.provider), draft)
        elif draft.provider_agent_id:
            removal.forget(provider(draft.provider), draft)
    except (ProviderError, UnknownProvider) as error:
        logger.warning("The draft %s stays at %s: %s", draft.pk, draft.provider, error)
        AgentRecord.objects.filter(pk=draft.pk).update(updated_at=timezone.now())
        return False
    draft.delete()
    return True


def _superseded_passages(before: datetime) -> QuerySet[LocalPassage]:
    """A search that began before a new version still finds all of the last one."""
    published = LocalAgent.objects.filter(published_at__lt=before - LONGEST_SEARCH)
    return LocalPassage.objects.filter(
        agent__in=published, until__lte=F("agent__version")
    ).order_by()


def _delete_passages(keys: list[int], before: datetime) -> int:
    return LocalPassage.objects.filter(pk__in=keys).delete()[0]


def _unused_documents(before: datetime) -> QuerySet[Document]:
    used = Page.objects.filter(document=OuterRef("pk"))
    return Document.objects.filter(~Exists(used), uploaded_at__lt=before).order_by("uploaded_at")


def _delete_documents(keys: list[UUID], before: datetime) -> int:
    return (
        _unused_documents(before)
        .filter(pk__in=keys)
        .order_by()
        .delete()[1]
        .get(Document._meta.label, 0)
    )


def _still_at_their_provider(before: datetime) -> QuerySet[AgentRecord]:
    deleted = AgentRecord.objects.deleted().filter(removal_due_at__lte=before)
    return deleted.order_by("removal_due_at")


def _remove_at_provider(keys: list[UUID], before: datetime) -> int:
    agents = _still_at_their_provider(before).filter(pk__in=keys)
    return sum(removal.remove_at_provider(agent) for agent in agents)


def _removed_at_their_provider() -> QuerySet[AgentRecord]:
    return AgentRecord.objects.deleted().filter(removal_due_at=None)


def _pages_of_deleted(before: datetime) -> QuerySet[Page]:
    return Page.objects.filter(agent__in=_removed_at_their_provider()).order_by()


def _deleted(before: datetime) -> QuerySet[AgentRecord]:
    pages = Page.objects.filter(agent=OuterRef("pk"))
    return _removed_at_their_provider().filter(~Exists(pages))


def _delete_agents(keys: list[UUID], before: datetime) -> int:
    gone, _ = _deleted(before).filter(pk__in=keys).order_by().delete()
    return gone


register(
    Rule("bodies of pages", "AGENTFORGE_KEEP_RAW_DAYS", _raw_pages, _drop_raw),
    Rule("drafts of builds that ended", "AGENTFORGE_KEEP_DRAFTS_DAYS", _old_drafts, _abandon),
    Rule(
        "pages of abandoned drafts",
        "AGENTFORGE_KEEP_DRAFTS_DAYS",
        _pages_of_abandoned,
        _delete_pages,
    ),
    Rule("abandoned drafts", "AGENTFORGE_KEEP_DRAFTS_DAYS", _emptied, _delete_drafts, at_once=20),
    Rule("superseded passages", None, _superseded_passages, _delete_passages),
    Rule(
        "unused documents",
        "AGENTFORGE_KEEP_DOCUMENTS_DAYS",
        _unused_documents,
        _delete_documents,
        at_once=20,
    ),
    # Few at a time: a provider may take its time to answer, or not to.
    Rule(
        "deleted agents at their providers",
        None,
        _still_at_their_provider,
        _remove_at_provider,
        at_once=5,
    ),
    Rule("pages of deleted agents", None, _pages_of_deleted, _delete_pages),
    Rule("deleted agents", None, _deleted, _delete_agents, at_once=20),
)
