"""Agents of the local provider that know a few passages."""

from __future__ import annotations

from uuid import uuid4

from agents.providers.base import AgentSpec, KnowledgeItem
from agents.providers.local import LocalProvider


def spec(name: str = "Agent") -> AgentSpec:
    return AgentSpec(uuid4(), name, "About things.", "You are an agent.", ["What is it?"])


def item(chunk_id: int, text: str, title: str = "Page", *headings: str) -> KnowledgeItem:
    return KnowledgeItem(chunk_id, f"https://docs.example/{chunk_id}", title, headings, text)


def agent_knowing(*items: KnowledgeItem | str) -> str:
    """The id of a new agent; a text stands for a passage of that text."""
    local = LocalProvider()
    agent = local.create(spec())
    passages = enumerate(items, start=1)
    local.upload(agent, [x if isinstance(x, KnowledgeItem) else item(n, x) for n, x in passages])
    return agent
