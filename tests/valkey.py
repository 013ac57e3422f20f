"""A Valkey for tests of this process: the embedded one, without the programs around it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from celery import current_app
from kombu import pools

from agentforge.embedded.valkey import EmbeddedValkey
from tasks.programs.leash import leashed


@contextmanager
def running_valkey(data_dir: Path) -> Iterator[str]:
    """Run an embedded Valkey on `data_dir`; gives its URL."""
    valkey = EmbeddedValkey(data_dir)
    with subprocess.Popen(
        leashed(valkey.program().command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until_answering(valkey, process)
            yield valkey.url
        finally:
            process.terminate()
            process.wait()
            valkey.forget()


def wait_until_answering(valkey: EmbeddedValkey, process: subprocess.Popen[bytes]) -> None:
    """Wait for its first answer, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not valkey.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("The embedded Valkey did not start.")
        time.sleep(0.02)


@contextmanager
def used_by_this_process(url: str, settings: Any) -> Iterator[None]:
    """Point the cache, the channel layer and Celery's broker at `url`, and back again."""
    settings.REDIS_URL = url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {
        **settings.CHANNEL_LAYERS,
        "default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [url]}},
    }
    with broker_at(url):
        yield


@contextmanager
def broker_at(url: str) -> Iterator[None]:
    """Send Celery's messages to `url` within the block."""
    before = current_app.conf.broker_url
    with patch.dict(os.environ):
        # Or Celery would prefer it to its settings.
        os.environ.pop("CELERY_BROKER_URL", None)
        _set_broker(url)
        try:
            yield
        finally:
            _set_broker(before)


def _set_broker(url: str) -> None:
    """Send Celery's messages to `url` from now on. Its pools remember the broker before it."""
    current_app.conf.update(broker_url=url)
    pools.reset()
    current_app.close()
    current_app.__dict__.pop("amqp", None)


class RestartableValkey:
    """A Valkey of a test's own, which may be killed and comes back at the same address."""

    def __init__(self, data_dir: Path) -> None:
        self._valkey = EmbeddedValkey(data_dir)
        self.url = self._valkey.url
        self.start()

    def start(self) -> None:
        """Start it, and wait for its first answer."""
        self._process = subprocess.Popen(
            leashed(self._valkey.program().command),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until_answering(self._valkey, self._process)

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()
        self._process.wait()
        self._valkey.forget()
