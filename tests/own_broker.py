"""A broker for a second stack: on the same queues, each would take the other's messages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import redis

CLAIM = "agentforge-tests-own-this"
CLAIM_SECONDS = 2 * 60 * 60
"""Longer than any run of the tests; the claim of one that was killed expires."""
NUMBERS = range(1, 16)


@contextmanager
def own_broker(servers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a stack with a Redis number and a vhost that nobody else uses.

    Without REDIS_URL it needs none of this: there each stack has a Valkey of its own.

    Args:
        servers: REDIS_URL and CELERY_BROKER_URL, as far as there are such servers.
    """
    redis_url = servers.get("REDIS_URL", "")
    broker_url = servers.get("CELERY_BROKER_URL", "")
    with ExitStack() as borrowed:
        if redis_url:
            redis_url = borrowed.enter_context(_own_number(redis_url))
        if broker_url.startswith("amqp"):
            broker_url = borrowed.enter_context(_own_vhost(broker_url))
        elif broker_url:
            broker_url = redis_url
        yield {"REDIS_URL": redis_url, "CELERY_BROKER_URL": broker_url}


def empty(server: redis.Redis) -> None:
    """Lose everything in the server's number except for the claim to it."""
    with server.pipeline() as at_once:
        at_once.flushdb()
        at_once.set(CLAIM, "1", ex=CLAIM_SECONDS)
        at_once.execute()


@contextmanager
def _own_number(url: str) -> Iterator[str]:
    taken = urlsplit(url).path.strip("/")
    for number in NUMBERS:
        if str(number) == taken:
            continue
        own = urlsplit(url)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(own) as server:
            if not server.set(CLAIM, "1", nx=True, ex=CLAIM_SECONDS):
                continue
            if server.dbsize() > 1:
                server.delete(CLAIM)
                continue
            try:
                yield own
            finally:
                server.flushdb()
            return
    raise AssertionError(f"None of the Redis numbers 1 to 15 of {url} is empty. Flush one.")


@contextmanager
def _own_vhost(url: str) -> Iterator[str]:
    name = f"agentforge-tests-{uuid4().hex}"
    _rabbitmqctl("add_vhost", name)
    try:
        user = urlsplit(url).username or "guest"
        _rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        _rabbitmqctl("delete_vhost", name)


def _rabbitmqctl(*arguments: str) -> None:
    """RabbitMQ has no other way to make a vhost that is there by default."""
    command = ["rabbitmqctl", "-q", *arguments]
    if os.geteuid() and shutil.which("sudo"):
        command = ["sudo", "-n", *command]
    subprocess.run(command, check=True, capture_output=True)
