"""The ASGI application: HTTP to Django, WebSockets to Channels."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentforge.settings")
http = get_asgi_application()

# Only now are the settings and models there that these import.
from agentforge.body_limit import limited  # noqa: E402
from agentforge.request_id import identified  # noqa: E402
from tasks.streams.routing import websocket_urlpatterns  # noqa: E402

application = identified(
    ProtocolTypeRouter(  # type: ignore[arg-type]  # Channels has a type for each kind of message.
        {"http": limited(http), "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
    )
)
