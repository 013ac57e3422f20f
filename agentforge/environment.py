"""Reads settings out of the environment, and says in a sentence what is wrong with a bad one."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from agentforge.checked_env import CheckedEnv

env = CheckedEnv()
# The environment itself wins over the file.
env.read_env(Path(__file__).resolve().parent.parent / ".env", recurse=False)

VALKEY_URL_FILE = "valkey.url"
"""Where the embedded Valkey says how it is reached; `agentforge.embedded.valkey` writes it."""


WEBHOOK_KEY_PREFIX = "whsec_"
LOCAL_PROVIDER = "local"


def _new_key() -> str:
    return secrets.token_urlsafe(48)


def new_webhook_secret() -> str:
    """32 random bytes, written as Standard Webhooks has it."""
    return WEBHOOK_KEY_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def new_encryption_key() -> str:
    """32 random bytes, written as Fernet has them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def generated_secret(path: Path, make: Callable[[], str] = _new_key) -> str:
    """A secret that is made on the first start and kept in `path`, readable by its owner only.

    Raises:
        ImproperlyConfigured: the directory cannot be used.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            return path.read_text()
        return _kept(path, make())
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data directory {path.parent} cannot be used: {error.strerror}. "
            "Make it writable, or set AGENTFORGE_DATA_DIR to another directory."
        ) from error


def _kept(path: Path, secret: str) -> str:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(secret)
    try:
        # Unlike a rename, a link spares the file of a process that was faster; and nobody ever
        # reads half a secret.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def webhook_secret(value: str, data_dir: Path) -> str:
    """`AGENTFORGE_WEBHOOK_SECRET`, or one that is generated.

    Raises:
        ImproperlyConfigured: it is not written as Standard Webhooks has it.
    """
    secret = value.strip() or generated_secret(data_dir / "webhook_secret", new_webhook_secret)
    if not all(map(_is_webhook_secret, secret.split())):
        raise ImproperlyConfigured(
            "AGENTFORGE_WEBHOOK_SECRET is no webhook secret. Write whsec_ followed by 24 to 64 "
            "random bytes in base64 (while you change it, the new one, a space and the old one), "
            "or leave it empty to have one made."
        )
    return secret


def _is_webhook_secret(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix(WEBHOOK_KEY_PREFIX), validate=True)
    except binascii.Error:
        return False
    return secret.startswith(WEBHOOK_KEY_PREFIX) and 24 <= len(key) <= 64


def encryption_keys(value: str, data_dir: Path) -> str:
    """`AGENTFORGE_PROJECT_KEY`, or a key that is generated.

    Raises:
        ImproperlyConfigured: it holds something that is no key.
    """
    keys = value.strip() or generated_secret(data_dir / "project_key", new_encryption_key)
    if not all(map(_is_encryption_key, keys.split())):
        raise ImproperlyConfigured(
            "AGENTFORGE_PROJECT_KEY is no key. Write 32 random bytes in URL-safe base64 (while you "
            "change it, the new one, a space and the old one), or leave it empty to have one made."
        )
    return keys


def _is_encryption_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32
    except binascii.Error:
        return False


def embedded_redis_url(data_dir: Path) -> str:
    """The embedded Valkey's URL, or one that nobody answers while it has never been started."""
    file = data_dir / VALKEY_URL_FILE
    return file.read_text().strip() if file.exists() else "redis://127.0.0.1:1/0"


def kombu_url(url: str) -> str:
    """`url` as Celery's broker: kombu has another spelling for a Redis behind a Unix socket."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    options = dict(parse_qsl(parts.query))
    credentials = parts.netloc
    if password := options.pop("password", ""):
        credentials = f":{quote(password, safe='')}@"
    query = urlencode({"virtual_host": options.pop("db", "0"), **options})
    return f"redis+socket://{credentials}{parts.path}?{query}"


POSTGRES_TIMEOUTS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Seconds, and milliseconds for the last (see "Parameter Key Words" in PostgreSQL's manual).
Without them, a worker would wait for hours for a server whose machine is gone."""


def database_config(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's database settings for `DATABASE_URL`; without one, SQLite in the data directory.

    Raises:
        ImproperlyConfigured: the URL has a part, such as its port, that Django cannot use.
    """
    url = url or f"sqlite:///{data_dir / 'agentforge.sqlite3'}"
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=0))
    except (ValueError, dj_database_url.UnknownSchemeError) as error:
        raise ImproperlyConfigured(
            "DATABASE_URL is no URL of a database. "
            "Write it like postgres://user:password@host:5432/name or sqlite:////path/to/file."
        ) from error
    if "sqlite" in config["ENGINE"]:
        config["CONN_HEALTH_CHECKS"] = False
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;"
            ),
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {**POSTGRES_TIMEOUTS, **config.get("OPTIONS", {})}
    return config


_PROVIDER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def outside_providers(value: str) -> dict[str, str]:
    """The classes of `AGENTFORGE_PROVIDERS` by their names: `name=path.of.Class`, comma-separated.

    Raises:
        ImproperlyConfigured: an entry has another form, or a name that is taken.
    """
    found: dict[str, str] = {}
    for entry in filter(None, map(str.strip, value.split(","))):
        name, _, path = (part.strip() for part in entry.partition("="))
        if not _PROVIDER_NAME.fullmatch(name) or not path:
            raise ImproperlyConfigured(
                f"AGENTFORGE_PROVIDERS holds {entry!r}, which names no provider. Write a name of "
                "at most 32 lower-case letters and digits, and the dotted path of its class, like "
                "example=example_platform.ExampleProvider."
            )
        if name == LOCAL_PROVIDER or name in found:
            raise ImproperlyConfigured(
                f"AGENTFORGE_PROVIDERS names {name!r}, but there is one already. "
                "Choose another name."
            )
        found[name] = path
    return found


def allowed_networks(value: str) -> list[str]:
    """The comma-separated hosts and networks of `AGENTFORGE_CRAWL_ALLOW_PRIVATE`.

    Raises:
        ImproperlyConfigured: an entry with a slash is no network.
    """
    entries = [entry.strip() for entry in value.split(",") if entry.strip()]
    for entry in entries:
        if "/" in entry:
            try:
                ipaddress.ip_network(entry, strict=False)
            except ValueError as error:
                raise ImproperlyConfigured(
                    f"AGENTFORGE_CRAWL_ALLOW_PRIVATE holds {entry!r}, which is no network. "
                    "Write hosts and networks like 127.0.0.1,intranet.example,10.0.0.0/8."
                ) from error
    return entries


def kafka_config(text: str) -> dict[str, Any]:
    """Further settings of librdkafka, such as those of its security.

    Raises:
        ImproperlyConfigured: it is no JSON object.
    """
    try:
        config = json.loads(text)
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise ImproperlyConfigured(
            "KAFKA_CONFIG is no JSON object. Write the settings of librdkafka, such as "
            '{"security.protocol": "SSL"}.'
        )
    return config
