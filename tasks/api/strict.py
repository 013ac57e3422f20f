"""Serializers and fields that refuse what they do not know, and name what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from drf_standardized_errors.formatter import flatten_errors
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from tasks.errors import InvalidParams


class StrictSerializer(serializers.Serializer[Any]):
    """Unknown fields are errors that list the known ones, next to those of the known fields."""

    def to_internal_value(self, data: Any) -> Any:
        faults = self.faults_of(data)
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if faults and isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **faults}) from error
            raise
        if faults:
            raise serializers.ValidationError(faults)
        return value

    def faults_of(self, data: Any) -> dict[str, list[ErrorDetail]]:
        """What is wrong with the whole, by field: here, the fields that are unknown."""
        if not isinstance(data, Mapping):
            return {}
        known = ", ".join(name for name, f in self.fields.items() if not f.read_only)
        sentence = f"This field is unknown. Known fields: {known}."
        unknown = sorted(set(data) - set(self.fields))[:20]
        return {name: [ErrorDetail(sentence, code="unknown_field")] for name in unknown}


def checked(serializer: StrictSerializer) -> dict[str, Any]:
    """What the serializer was given, checked and normalized.

    Raises:
        InvalidParams: sentences by field path.
    """
    if serializer.is_valid():
        return dict(serializer.validated_data)
    errors: dict[str, list[str]] = {}
    for error in flatten_errors(serializer.errors):
        detail = ErrorDetail(error.detail, code=error.code)
        errors.setdefault(error.attr or "params", []).append(detail)
    raise InvalidParams(errors)


class QuerySerializer(serializers.Serializer[Any]):
    """The query string of a call. Parameters that are unknown are ignored."""

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        """The checked parameters of the request.

        Raises:
            ValidationError: one is not what it may be. One that is there but empty is no text, and
                not left out: a filter that a script failed to fill in must not select everything.
        """
        # Read as a form, which a QueryDict is for DRF, an empty parameter would not be there.
        query = cls(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return dict(query.validated_data)


class Text(serializers.CharField):
    """A text. DRF's own field takes a number for one, which is more often a mistake."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """A choice whose error lists the choices."""

    default_error_messages = {
        "invalid_choice": "“{input}” is not a valid choice. Choose one of: {choices}."
    }

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        super().fail(key, choices=", ".join(map(str, self.choices)), **kwargs)


class BoundedList(serializers.ListField):
    """A list whose `max_length` is checked before its items: a huge one costs next to nothing."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if self.max_length and isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)
