"""The form that changes what an agent says of itself."""

from __future__ import annotations

from typing import Any

from django import forms

from agents import changes
from agents.checked_form import CheckedForm
from agents.models import AgentRecord


class AgentForm(CheckedForm):
    """What an agent says of itself.

    Each field also sends what it showed at first, so that only what a person has changed is
    changed, whatever somebody else did to the other fields meanwhile.
    """

    list_fields = ("starter_questions",)

    name = forms.CharField(label="Name", required=False, show_hidden_initial=True)
    description = forms.CharField(
        label="Description",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        show_hidden_initial=True,
    )
    system_prompt = forms.CharField(
        label="System prompt",
        help_text="How the agent is told to answer.",
        widget=forms.Textarea(attrs={"rows": 12}),
        required=False,
        show_hidden_initial=True,
    )
    starter_questions = forms.CharField(
        label="Starter questions",
        help_text=f"Up to {changes.QUESTIONS}, one a line.",
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        show_hidden_initial=True,
    )

    def __init__(self, data: Any, agent: AgentRecord) -> None:
        shown = {name: getattr(agent, name) for name in self.base_fields}
        shown["starter_questions"] = "\n".join(agent.starter_questions)
        super().__init__(data, initial=shown)

    def clean(self) -> dict[str, Any]:
        """Put what was changed into `self.changes`, checked, or the errors on the fields."""
        if self.errors:
            return self.cleaned_data
        self.changes = self._check(changes.clean, self._given())
        return self.cleaned_data

    def _given(self) -> dict[str, Any]:
        """The request that the API would have got."""
        given = {}
        for name in self.changed_data:
            # Browsers end lines as RFC 822 did.
            text = self.cleaned_data[name].replace("\r\n", "\n")
            given[name] = self._lines(name) if name in self.list_fields else text
        return given
