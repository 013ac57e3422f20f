"""Who calls: a bearer token, or the session of somebody who is logged in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from tasks.models import ApiToken
from tasks.tokens import authenticate


def bearer_token(header: str) -> str:
    """The token of an `Authorization: Bearer …` header; empty if it holds none (RFC 6750)."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        plaintext = bearer_token(request.headers.get("Authorization", ""))
        if not plaintext:
            return None
        token = authenticate(plaintext)
        if token is None:
            raise exceptions.AuthenticationFailed(
                "This token is unknown or was revoked. `python manage.py api_token USERNAME` "
                "makes a new one."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="AgentForge"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The cookie of a logged-in user, with CSRF protection."""


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes `BearerAuthentication` in the OpenAPI schema."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes `SessionAuthentication` in the OpenAPI schema."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
