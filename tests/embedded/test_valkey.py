"""The embedded Valkey: who may use it, and what outlives it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.core.cache import cache

from agentforge.environment import VALKEY_URL_FILE, embedded_redis_url
from tests.valkey import running_valkey


def test_it_asks_for_the_password(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as url:
        _, address = url.split("@")
        with (
            redis.Redis.from_url(f"redis://{address}") as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()


def test_its_url_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as url:
        assert embedded_redis_url(tmp_path) == url
        assert stat.S_IMODE((tmp_path / VALKEY_URL_FILE).stat().st_mode) == 0o600


def test_its_url_is_removed_when_it_stops(tmp_path: Path) -> None:
    with running_valkey(tmp_path):
        pass
    assert not (tmp_path / VALKEY_URL_FILE).exists()


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as url, redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
    with running_valkey(tmp_path) as url, redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"


def test_a_data_directory_may_have_spaces_and_quotes_in_its_name(tmp_path: Path) -> None:
    data_dir = tmp_path / 'my "data" dir'
    with running_valkey(data_dir) as url, redis.Redis.from_url(url) as client:
        assert client.ping()


def test_it_carries_the_cache_and_the_messages_of_a_process(valkey: str) -> None:
    cache.set("answer", 42)
    current_app.send_task("nobody.listens", queue="unread")
    with redis.Redis.from_url(valkey) as client:
        assert client.llen("unread") == 1
    assert cache.get("answer") == 42
