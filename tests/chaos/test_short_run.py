"""A short run among kills: `make chaos` for the suite, with the same verdict on what was done."""

from __future__ import annotations

import pytest

from tests.chaos import table
from tests.chaos.injector import EMBEDDED, SHARED
from tests.chaos.run import Options
from tests.chaos.stacks import run_on
from tests.databases import NewDatabase
from tests.own_broker import own_broker

pytestmark = pytest.mark.services

SHORT = Options(seed=3129, kills=8, seconds=16, lease_seconds=4, width=5)
"""With these dice every kind of fault strikes, with an embedded Valkey and without."""


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
    assert report.blows.keys() == (SHARED if servers else EMBEDDED).keys()
    assert report.ends.total() > SHORT.width
