"""What may be changed about an agent: one check for the API and the form."""

from __future__ import annotations

from typing import Any

from agents.models import NAME_LENGTH
from tasks.api.strict import BoundedList, StrictSerializer, Text, checked

QUESTIONS = 10
"""So many starter questions an agent may have."""


class AgentChanges(StrictSerializer):
    """What an agent says of itself. What is left out stays as it is."""

    name = Text(max_length=NAME_LENGTH, required=False)
    description = Text(max_length=5_000, allow_blank=True, required=False)
    system_prompt = Text(max_length=50_000, allow_blank=True, required=False)
    starter_questions = BoundedList(
        child=Text(max_length=500),
        max_length=QUESTIONS,
        required=False,
        error_messages={
            "max_length": "At most {max_length} starter questions may be given. Leave some out."
        },
    )


def clean(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, checked.

    Raises:
        InvalidParams: sentences by field path.
    """
    return checked(AgentChanges(data=changes))
