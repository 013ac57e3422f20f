"""A stack whose servers go away and come back, whichever servers it uses."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.own_broker import own_broker
from tests.stack import Stack
from tests.tcp_proxy import TcpProxy

DEFAULT_PORTS = {"postgres": 5432, "redis": 6379, "amqp": 5672}


@dataclass
class Breakable:
    """A running stack between proxies, one for each server that is not its own."""

    stack: Stack
    proxies: Mapping[str, TcpProxy] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def started(
        cls, data_dir: Path, database: Mapping[str, str], servers: Mapping[str, str]
    ) -> Iterator[Self]:
        """The stack on `data_dir`, with a broker of its own.

        Args:
            database: DATABASE_URL, if that is a server.
            servers: REDIS_URL and CELERY_BROKER_URL, as far as there are such servers.
        """
        with ExitStack() as entered:
            broker = entered.enter_context(own_broker(servers))
            environment = {"AGENTFORGE_WORKER_SHUTDOWN_SECONDS": "1"}
            proxies = {}
            for name, url in {**database, **broker}.items():
                environment[name] = url
                if url:
                    proxies[name] = proxy = entered.enter_context(TcpProxy(address_of(url)))
                    environment[name] = proxy.in_front_of(url)
            stack = entered.enter_context(Stack.on(data_dir, **environment))
            yield cls(stack, proxies)

    @contextmanager
    def without_broker(self) -> Iterator[None]:
        """Nobody answers where the messages are; with Redis as the broker, no channel layer."""
        proxy = self.proxies.get("CELERY_BROKER_URL") or self.proxies.get("REDIS_URL")
        with proxy.down() if proxy else self._silent_valkey():
            yield

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """Neither channel layer nor cache; with RabbitMQ, messages go on."""
        proxy = self.proxies.get("REDIS_URL")
        with proxy.down() if proxy else self._silent_valkey():
            yield

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """The server is gone; a file is locked by somebody else who writes."""
        proxy = self.proxies.get("DATABASE_URL")
        with proxy.down() if proxy else self._locked_file():
            yield

    @property
    def has_server(self) -> bool:
        """Whether the database is a server, which can be away, and not only locked."""
        return "DATABASE_URL" in self.proxies

    @contextmanager
    def _silent_valkey(self) -> Iterator[None]:
        group = self.stack.pid("valkey")
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    @contextmanager
    def _locked_file(self) -> Iterator[None]:
        file = self.stack.data_dir / "agentforge.sqlite3"
        with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


def address_of(url: str) -> tuple[str, int]:
    """Host and port of a server."""
    parts = urlsplit(url)
    scheme = "postgres" if parts.scheme.startswith("postgres") else parts.scheme
    return parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORTS[scheme]
