"""What `/schema` says beyond what drf-spectacular reads from views and serializers.

The errors that every call of a kind may get, and the bounds of what may be sent.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular import openapi
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.utils import Direction, OpenApiResponse
from rest_framework import serializers

from tasks import workflows
from tasks.projects import types


class ErrorSerializer(serializers.Serializer[Any]):
    """One thing that was wrong."""

    code = serializers.CharField(help_text="For programs.")
    detail = serializers.CharField(help_text="A sentence for people: what was wrong, what to do.")
    attr = serializers.CharField(allow_null=True, help_text="The field's path, such as `urls.0`.")


class ErrorsSerializer(serializers.Serializer[Any]):
    """The shape of every error."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]  # not Serializer.errors


def refusal(description: str) -> OpenApiResponse:
    """An error of one call in particular, for its `extend_schema`."""
    return OpenApiResponse(ErrorsSerializer, description)


BAD_REQUEST = refusal("A field or a parameter is not allowed to be what it is.")
UNAUTHENTICATED = refusal("The token is missing, unknown or revoked.")
FORBIDDEN = refusal("The session's CSRF token is missing.")
FORBIDDEN_ACT = refusal(
    "You may see it but not do that: it is somebody else's, and you do not have the permission "
    "that the sentence names. Or the session's CSRF token is missing."
)
NOT_FOUND = refusal("There is nothing with this id, or you may not see it.")
LENGTH_REQUIRED = refusal("The body has no Content-Length.")
TOO_LARGE = refusal("The body is larger than the server accepts.")
NOT_JSON = refusal("The body is not announced as JSON.")
UNAVAILABLE = refusal("The database is away; `Retry-After` says for how many seconds to wait.")
TOO_MANY = refusal("Too many submissions; `Retry-After` says for how many seconds to wait.")


class AutoSchema(openapi.AutoSchema):
    """Adds to each call the errors that follow from its kind."""

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        answers = super()._get_response_bodies(direction)
        errors = {
            str(status): self._get_response_for_code(answer, str(status))  # type: ignore[no-untyped-call]
            for status, answer in self._common_errors().items()
        }
        return dict(sorted({**errors, **answers}.items()))

    def _get_serializer_name(
        self, serializer: Any, direction: Direction, bypass_extensions: bool = False
    ) -> str:
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        # drf-spectacular calls what is sent a Request, whatever it is called already.
        return name.replace("RequestRequest", "Request")

    def _common_errors(self) -> dict[int, OpenApiResponse]:
        parameters = {parameter["in"] for parameter in self._get_parameters()}
        common = {401: UNAUTHENTICATED, 503: UNAVAILABLE}
        if "path" in parameters:
            common[404] = NOT_FOUND
        if "query" in parameters:
            common[400] = BAD_REQUEST
        if self.method != "GET":
            common[403] = FORBIDDEN
        if self.method in ("POST", "PATCH") and self.get_request_serializer():
            common |= {400: BAD_REQUEST, 411: LENGTH_REQUIRED, 413: TOO_LARGE, 415: NOT_JSON}
        if self.method == "POST" and self.view.get_throttles():
            common[429] = TOO_MANY
        return common


class StrictSerializerScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says of a `StrictSerializer` that it takes no other fields."""

    target_class = "tasks.api.strict.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


class BoundedListScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Says of a `BoundedList` whether it may be empty."""

    target_class = "tasks.api.strict.BoundedList"

    def map_serializer_field(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        return schema if self.target.allow_empty else {**schema, "minItems": 1}


class WorkflowNameScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Lists the workflows of this installation."""

    target_class = "tasks.api.serializers.WorkflowName"

    def map_serializer_field(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        return {"type": "string", "enum": workflows.names()}


class TypeNameScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Lists the types of a project's tasks."""

    target_class = "tasks.api.serializers.TypeName"

    def map_serializer_field(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        return {"type": "string", "enum": types.names()}
