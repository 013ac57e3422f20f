"""The WebSocket `/tasks/{id}/watch?after=`: events out, STOP in."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user_model

from tasks import lifecycle, origin
from tasks.acts import Source
from tasks.api.authentication import bearer_token
from tasks.api.serializers import EventQuery
from tasks.errors import IllegalTransition, NotAllowed, TaskNotFound
from tasks.models import TaskState
from tasks.streams.feed import follow
from tasks.streams.reading import in_own_thread
from tasks.tokens import authenticate

FINISHED = 1000
GOING_AWAY = 1011
BAD_REQUEST = 4400
NO_CHANNEL_LAYER = "none"
"""An alias that is not configured: nobody sends to a single WebSocket, so it needs no channel."""
LONGEST_REQUEST = 200
"""Characters. Nothing longer asks for anything."""
UNAUTHENTICATED = 4401
UNKNOWN_TASK = 4404


class TaskWatcher(AsyncWebsocketConsumer):
    """Authenticates, replays, follows, and passes a STOP on. No more."""

    channel_layer_alias = NO_CHANNEL_LAYER
    task_id: UUID
    user: Any
    _following: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        # Only an accepted connection can be closed with a code that the client gets to see.
        await self.accept()
        if refusal := await self._refusal():
            await self.close(refusal)
        elif (after := self._after()) is None:
            await self.close(BAD_REQUEST)
        else:
            self._following = asyncio.create_task(self._follow(after))

    async def disconnect(self, code: int) -> None:
        if self._following:
            self._following.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not (self._following and _asks_to_stop(text_data or "")):
            return
        if refusal := await self._stop():
            await self.send(json.dumps({"type": "refusal", "message": refusal}))

    @in_own_thread
    def _stop(self) -> str:
        """Cancel the task: why not, or nothing."""
        # Rights may have been taken away since the connection was made.
        user = get_user_model().objects.filter(pk=self.user.pk, is_active=True).first()
        try:
            if user is None:
                raise NotAllowed
            with origin.coming_from(Source.WEBSOCKET):
                lifecycle.cancel(self.task_id, by=user)
        except NotAllowed as error:
            return str(error)
        except (IllegalTransition, TaskNotFound):
            # It ended by itself in the meantime; the final event is on its way.
            return ""
        return ""

    async def _follow(self, after: int) -> None:
        try:
            async with aclosing(follow(self.task_id, after)) as batches:
                async for batch in batches:
                    for event in batch:
                        await self.send(event.json)
        except Exception:
            await self.close(GOING_AWAY)
            raise
        await self.close(FINISHED)

    @in_own_thread
    def _refusal(self) -> int | None:
        """The code to close with; None for somebody who may watch."""
        self.user = self._authenticated()
        if self.user is None:
            return UNAUTHENTICATED
        return None if self._may_see() else UNKNOWN_TASK

    def _authenticated(self) -> Any:
        headers = {name.decode(): value.decode("latin-1") for name, value in self.scope["headers"]}
        if plaintext := bearer_token(headers.get("authorization", "")):
            token = authenticate(plaintext)
            return token.user if token else None
        user: Any = self.scope["user"]
        return user if user.is_authenticated and _is_same_origin(headers) else None

    def _may_see(self) -> bool:
        try:
            self.task_id = UUID(self.scope["url_route"]["kwargs"]["task_id"])
        except ValueError:
            return False
        return TaskState.objects.visible_to(self.user).filter(pk=self.task_id).exists()

    def _after(self) -> int | None:
        query = EventQuery(data=dict(parse_qsl(self.scope["query_string"].decode("latin-1"))))
        return query.validated_data["after"] if query.is_valid() else None


class UnknownRoute(AsyncWebsocketConsumer):
    """Any other path: there is nothing to watch."""

    channel_layer_alias = NO_CHANNEL_LAYER

    async def connect(self) -> None:
        await self.accept()
        await self.close(UNKNOWN_TASK)


def _asks_to_stop(text: str) -> bool:
    if text.strip() == "STOP":
        return True
    if len(text) > LONGEST_REQUEST:
        return False
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("type") == "stop"


def _is_same_origin(headers: dict[str, str]) -> bool:
    """A browser sends the session's cookie from any page, so the page must be one of ours.

    Behind a proxy that rewrites the host, CSRF_TRUSTED_ORIGINS names our own origins.
    """
    origin = headers.get("origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    return urlsplit(origin).netloc == headers.get("host")
