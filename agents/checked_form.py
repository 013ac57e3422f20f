"""What the forms share: they leave all checking to the check that holds for every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from tasks.errors import InvalidParams


class CheckedForm(forms.Form):
    """A form with the fields of a request, checked as that is. Lists are one entry a line."""

    list_fields: ClassVar[tuple[str, ...]]

    @property
    def sentences(self) -> dict[str, list[str]]:
        """What is wrong, by field; what is wrong with none in particular at `__all__`."""
        return {name: [str(error) for error in errors] for name, errors in self.errors.items()}

    def _lines(self, name: str) -> list[str]:
        return [line.strip() for line in self.cleaned_data[name].splitlines() if line.strip()]

    def _check(
        self, check: Callable[[dict[str, Any]], dict[str, Any]], given: dict[str, Any]
    ) -> Any:
        """What `check` makes of the request; None after its errors were put on the fields."""
        try:
            return check(given)
        except InvalidParams as error:
            for path, sentences in error.errors.items():
                self._blame(path, sentences, given)
        return None

    def _blame(self, path: str, sentences: list[str], given: dict[str, Any]) -> None:
        """Show an error of the path `urls.1` at the field `urls`, with the entry it is about."""
        name, _, index = path.partition(".")
        entries = given.get(name)
        if index.isdigit() and isinstance(entries, list) and int(index) < len(entries):
            sentences = [f"{entries[int(index)]}: {sentence}" for sentence in sentences]
        self.add_error(name if name in self.fields else None, sentences)
