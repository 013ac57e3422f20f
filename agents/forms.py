"""The form that starts a build. It checks nothing itself: the workflow does, once for all doors."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from agents import params
from agents.checked_form import CheckedForm
from agents.crawl.rendering.rendering import Render
from agents.crawl.scope import Reach
from agents.documents.store import RefusedUpload, keep
from agents.knowledge.files.kinds import EXTENSIONS
from agents.providers.registry import provider_names

ACCEPTED = (".pdf", *(f".{extension}" for extension in EXTENSIONS))
"""What a dialog for choosing files shows. What a file really is, its content says."""


class FilesInput(forms.ClearableFileInput):
    """Takes several files at once."""

    allow_multiple_selected = True


class MultipleFiles(forms.FileField):
    """A list of files; what each may be is checked where it is kept."""

    widget = FilesInput(attrs={"accept": ",".join(ACCEPTED)})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        return list(data or [])


class BuildForm(CheckedForm):
    """What a person may say about a new agent. Lists are written one entry a line.

    Args:
        owner: whose documents the files become.
    """

    list_fields = ("urls", "include", "exclude")

    urls = forms.CharField(
        label="Addresses",
        help_text="Web pages to start from, one a line. Pages below them are found by their links.",
        widget=forms.Textarea(
            attrs={"rows": 3, "class": "code", "placeholder": "https://docs.example.com/"}
        ),
        strip=False,
        required=False,
    )
    documents = MultipleFiles(
        label="Documents",
        help_text="PDF, DOCX, XLSX, CSV, HTML, Markdown or text files to learn from.",
        required=False,
    )
    name = forms.CharField(
        label="Name", help_text="Left empty, the site's own title is used.", required=False
    )
    max_pages = forms.IntegerField(
        label="Pages at most",
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": settings.AGENTFORGE_DEFAULT_PAGES}),
    )
    max_depth = forms.IntegerField(
        label="Links deep at most",
        required=False,
        widget=forms.NumberInput(attrs={"placeholder": settings.AGENTFORGE_DEFAULT_DEPTH}),
    )
    scope = forms.ChoiceField(
        label="How far around",
        help_text="Which pages that are linked belong to the agent.",
        choices=[
            (Reach.PATH.value, "Same folder as the address"),
            (Reach.HOST.value, "Same host"),
            (Reach.SUBDOMAINS.value, "Same host and its subdomains"),
        ],
        required=False,
    )
    render = forms.ChoiceField(  # type: ignore[assignment]  # not Form.render
        label="Pages that need JavaScript",
        help_text="Whether a browser runs the scripts of pages before they are read.",
        choices=[
            (Render.AUTO.value, "Render those without content of their own"),
            (Render.ALWAYS.value, "Render every page"),
            (Render.NEVER.value, "Render none"),
        ],
        required=False,
    )
    include = forms.CharField(
        label="Only pages that match",
        help_text="Patterns such as /docs/*, one a line.",
        widget=forms.Textarea(attrs={"rows": 2, "class": "code"}),
        required=False,
    )
    exclude = forms.CharField(
        label="Never pages that match",
        help_text="Patterns such as */changelog/*, one a line.",
        widget=forms.Textarea(attrs={"rows": 2, "class": "code"}),
        required=False,
    )
    provider = forms.ChoiceField(
        label="Where the agent lives",
        choices=lambda: [(name, name.capitalize()) for name in provider_names()],
        initial="local",
        required=False,
    )
    key = forms.CharField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    """Made with each empty form, so that sending one form twice builds one agent."""

    def __init__(self, owner: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owner = owner

    def clean(self) -> dict[str, Any]:
        """Keep the files, all of them or none, and put the workflow's cleaned parameters into
        `self.params`, or its errors on the fields."""
        if self.errors:
            return self.cleaned_data
        try:
            with transaction.atomic():
                given = self._given()
                ids = self._documents(given.pop("documents", None))
                self.params = self._check(params.clean, {**given, "documents": ids})
                if self.errors:
                    transaction.set_rollback(True)
        except RefusedUpload as error:
            self.add_error("documents", error.reason)
        return self.cleaned_data

    def _documents(self, chosen: Any) -> list[str]:
        """The ids of the files that were chosen, all kept."""
        return [str(keep(self._owner, file)[0].pk) for file in chosen or ()]

    def _given(self) -> dict[str, Any]:
        """The request that the API would have got: lists as lists, empty fields left out."""
        given = {name: self.cleaned_data[name] for name in self.cleaned_data if name != "key"}
        given |= {name: self._lines(name) for name in self.list_fields}
        return {name: value for name, value in given.items() if value not in ("", None, [])}

    @property
    def has_scope_errors(self) -> bool:
        """Whether a field of the folded part was refused, so that it is shown unfolded."""
        return any(
            name not in ("urls", "documents", "name", NON_FIELD_ERRORS) for name in self.errors
        )


class BuildCheck(BuildForm):
    """The form while it is being filled in: it is checked as it stands, and nothing is kept. Of the
    files only their number is sent."""

    documents = forms.IntegerField(min_value=0, required=False)  # type: ignore[assignment]

    def _documents(self, chosen: Any) -> list[str]:
        """As many ids as there are files, but no more than tell that there are too many."""
        number = min(chosen or 0, settings.AGENTFORGE_MAX_DOCUMENTS + 1)
        return [str(uuid.uuid4()) for _ in range(number)]
