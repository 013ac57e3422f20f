"""A short run among kills: `make chaos` for the suite, with the same verdict on what was done."""

from __future__ import annotations

import pytest

from tests.chaos import table
from tests.chaos.run import Options
from tests.chaos.stacks import run_on
from tests.databases import NewDatabase
from tests.own_broker import own_broker

pytestmark = pytest.mark.services

SHORT = Options(seed=20, kills=12, seconds=24, lease_seconds=4, width=5)


def test_nothing_is_lost_or_done_twice_while_processes_are_killed_at_random(
    tmp_path_factory: pytest.TempPathFactory,
    new_database: NewDatabase,
    servers: dict[str, str],
) -> None:
    data_dir = tmp_path_factory.mktemp("chaos")
    with new_database(data_dir) as database, own_broker(servers) as broker:
        report = run_on(data_dir, {**broker, **database}, SHORT)
    assert not report.violations, "\n".join(table.lines(report))
    assert report.blows.total() == SHORT.kills
    assert report.ends.total() > SHORT.width
