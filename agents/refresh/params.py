"""The parameters of a refresh: which agent. What is to be read was said to its build."""

from __future__ import annotations

from typing import Any

from agents import params
from agents.models import AgentRecord
from agents.params import DocumentId
from tasks.api.strict import StrictSerializer, checked

WORKFLOW = "refresh-agent"


class RefreshParams(StrictSerializer):
    """What a refresh may be told."""

    agent_id = DocumentId()


def clean(given: dict[str, Any]) -> dict[str, Any]:
    """The parameters, checked.

    Raises:
        InvalidParams: sentences by field path.
    """
    return checked(RefreshParams(data=given))


def subject(given: dict[str, Any]) -> str:
    """What a list of tasks shows. Its name may be no business of whoever names the agent."""
    return f"Refresh of the agent {given['agent_id']}"


def plan_of(agent: AgentRecord) -> dict[str, Any]:
    """What the agent was built from, but for its documents, as parameters of a build.

    Raises:
        InvalidParams: this installation does not allow (all of) that any more.
    """
    return params.clean({**agent.source, "name": agent.name, "documents": []})
