"""An outside platform on loopback, where agents live, and which may be slow, down or deadly."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event, Lock
from typing import Any

from tests.loopback import LoopbackServer, QuietHandler


@dataclass(frozen=True, slots=True)
class Request:
    """What the platform is asked for, such as `PUT agents` of a reference, and by which process."""

    what: str
    key: str
    body: Any
    process: int


Incident = Callable[[Request], None]
"""What happens at a request."""


class Failure(Exception):
    """The platform answers 500."""


@dataclass
class Agent:
    """An agent as the platform has it."""

    reference: str
    name: str = ""
    items: dict[int, Any] = field(default_factory=dict)


class Held:
    """A request that waits until it is let go, whatever its client does meanwhile."""

    def __init__(self) -> None:
        self._arrived, self._released = Event(), Event()

    def __call__(self, request: Request) -> None:
        self.request = request
        self._arrived.set()
        self._released.wait(60)

    def wait_for_arrival(self) -> None:
        assert self._arrived.wait(60), "Nobody has asked for it."

    def let_go(self) -> None:
        self._released.set()


class Frozen(Held):
    """The process that has sent the request is frozen, and gets no answer."""

    def __call__(self, request: Request) -> None:
        os.kill(request.process, signal.SIGSTOP)
        super().__call__(request)

    def kill(self) -> None:
        os.kill(self.request.process, signal.SIGKILL)


def passing(_request: Request) -> None:
    """Nothing happens."""


def failing(_request: Request) -> None:
    raise Failure


class Platform(LoopbackServer):
    """Keeps agents by their ids, each with its knowledge. Use it as a context manager.

    `answered` counts what it was asked for, such as `PUT agents/{reference}`.

    `PUT /agents/{reference}` makes an agent or finds it, `GET` only finds, and `PATCH /agents/{id}`
    renames it; `/items/{id}` is what it knows: `POST` adds, `GET` lists, and `DELETE` removes it
    with the agent.
    """

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.answered: Counter[str] = Counter()
        self._before: defaultdict[str, deque[Incident]] = defaultdict(deque)
        self._after: defaultdict[str, deque[Incident]] = defaultdict(deque)
        self._made = 0
        self._lock = Lock()
        super().__init__(self._handler_class())

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which an installation knows it as the provider `outside`."""
        return {
            "AGENTFORGE_PROVIDERS": "outside=tests.outside.provider.OutsideProvider",
            "OUTSIDE_URL": self.root,
        }

    def before(self, request: str, *incidents: Incident) -> None:
        """Let this happen before the next requests such as `PUT agents` are fulfilled, in turn."""
        self._before[request].extend(incidents)

    def after(self, request: str, *incidents: Incident) -> None:
        """Let this happen after the next ones are fulfilled, before they are answered."""
        self._after[request].extend(incidents)

    def items(self) -> int:
        """How much knowledge all agents have."""
        return sum(len(agent.items) for agent in self.agents.values())

    def answer(self, request: Request) -> tuple[int, Any]:
        """Fulfil a request: the status and the body of the answer."""
        try:
            _next_of(self._before[request.what], request)
            with self._lock:
                answer = self._fulfilled(request)
            _next_of(self._after[request.what], request)
        except Failure:
            answer = 500, {}
        with self._lock:
            self.answered[f"{request.what}/{request.key}"] += 1
        return answer

    def _fulfilled(self, request: Request) -> tuple[int, Any]:
        method, _, collection = request.what.partition(" ")
        if collection == "agents":
            return self._agents(method, request.key, request.body)
        return self._items(method, request.key, request.body)

    def _agents(self, method: str, reference: str, body: Any) -> tuple[int, Any]:
        if method == "PATCH" and reference in self.agents:
            self.agents[reference].name = body["name"]
            return 200, {"id": reference}
        found = [id for id, agent in self.agents.items() if agent.reference == reference]
        if method == "PUT" and not found:
            self._made += 1
            found = [f"agent-{self._made}"]
            self.agents[found[0]] = Agent(reference, body["name"])
        return (200, {"id": found[0]}) if found else (404, {})

    def _items(self, method: str, id: str, body: Any) -> tuple[int, Any]:
        if method == "DELETE":
            return 200, bool(self.agents.pop(id, None))
        if id not in self.agents:
            return 404, {}
        items = self.agents[id].items
        items.update({item["chunk_id"]: item for item in body or ()})
        return 200, list(items.values())

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        platform = self

        class Handler(QuietHandler):
            def _answer(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(size)) if size else None
                _, collection, key = self.path.split("/")
                process = int(self.headers["X-Process"])
                request = Request(f"{self.command} {collection}", key, body, process)
                status, answer = platform.answer(request)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 (names of the library)

        return Handler


def _next_of(incidents: deque[Incident], request: Request) -> None:
    if incidents:
        incidents.popleft()(request)
