"""Step 4: the agent gets its description, system prompt and starter questions."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils.module_loading import import_string

from agents.knowledge.describe import Describer, Knowledge
from agents.knowledge.topics import PageSummary
from agents.models import AgentRecord, PageStatus
from agents.steps.built_agent import built_agent
from tasks.context import StepContext

OPENINGS = 400
"""So many first pages are described by their first chunk as well, the others by their headings."""


def describe(ctx: StepContext) -> dict[str, Any]:
    """Describe the agent by what it knows. A name that its owner gave stays.

    Returns:
        `{"name"}`.
    """
    agent = built_agent(ctx)
    describer: Describer = import_string(settings.AGENTFORGE_DESCRIBER)()
    knowledge = _knowledge(agent, name=ctx.outputs["validate"]["params"]["name"])
    ctx.checkpoint()
    description = describer.describe(knowledge)
    with ctx.transaction():
        agent.name = description.name
        agent.description = description.description
        agent.system_prompt = description.system_prompt
        agent.starter_questions = description.starter_questions
        agent.save()
        ctx.progress(1, 1, f'"{agent.name}" described')
    return {"name": agent.name}


def _knowledge(agent: AgentRecord, name: str) -> Knowledge:
    pages = agent.pages.filter(status=PageStatus.EXTRACTED)
    headings: dict[int, dict[str, None]] = defaultdict(dict)
    sizes: dict[int, int] = defaultdict(int)
    for page_id, path in agent.chunks.values_list("page_id", "heading_path").iterator():
        sizes[page_id] += 1
        headings[page_id].update(dict.fromkeys(path[1:]))
    early = agent.chunks.filter(position=0).order_by("page__position")[:OPENINGS]
    openings = dict(early.values_list("page_id", "text"))
    rows = pages.order_by("position").values_list("id", "title", "description")
    summaries = [
        PageSummary(title, text, tuple(headings[id]), openings.get(id, ""), sizes[id])
        for id, title, text in rows
    ]
    languages = pages.exclude(language="").values_list("language")
    commonest = languages.annotate(size=Count("id")).order_by("-size", "language").first()
    return Knowledge(name, commonest[0] if commonest else "", summaries)
