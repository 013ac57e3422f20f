"""The routes of the WebSockets."""

from typing import Any

from django.urls import re_path

from tasks.streams.consumers import TaskWatcher, UnknownRoute

# Channels routes applications through Django's patterns, which know views only.
watch: Any = TaskWatcher.as_asgi()
unknown: Any = UnknownRoute.as_asgi()

websocket_urlpatterns: list[Any] = [
    re_path(r"^tasks/(?P<task_id>[0-9a-fA-F-]{36})/watch/?$", watch),
    re_path(r"", unknown),
]
