"""Whatever is sent to the API, it answers as `/schema` says: schemathesis attacks a running stack.

It sends what the schema allows and what it forbids, with and without credentials, with methods that
are not there, and follows what answers name to further calls. The same requests each time; with
CONTRACT_EXAMPLES set, so many for each call and phase.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.databases import NewDatabase
from tests.engine.driver import Engine
from tests.engine.waiting import eventually
from tests.stack import Stack
from tests.webhooks.receiver import Receiver

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "4")
CONFIGURATION = """
[parameters]
"path.agent_id" = "{agent}"
"path.page_id" = {page}

[phases.coverage]
unexpected-methods = ["PUT", "TRACE"]

# A private address, two filters that exclude each other: a schema cannot say that they are refused.
[checks]
positive_data_acceptance.enabled = false

# Of its headers schemathesis expects that others than those described are refused.
[[operations]]
include-operation-id = "tasks_events"
checks.negative_data_rejection.enabled = false

# The agent that every other call is about must stay.
[[operations]]
include-operation-id = "agents_delete"
parameters = {{ "path.agent_id" = "{victim}" }}

[[operations]]
include-operation-id = "tasks_webhook_replay"
parameters = {{ "path.task_id" = "{task}", "path.delivery_id" = "{delivery}" }}
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A stack that holds an agent, one to delete, and a task that failed and told somebody so."""

    stack: Stack
    configuration: Path
    agent: str

    def attack(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run schemathesis; its return code says whether every answer was as described."""
        command = [str(Path(sys.executable).with_name("schemathesis"))]
        where = ["--config-file", str(self.configuration), "run", f"{self.stack.base_url}/schema"]
        how = ["--generation-deterministic", "--no-color"]
        return subprocess.run(
            [*command, *where, *how, *options],
            cwd=self.configuration.parent,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[Target]:
    data_dir: Path = tmp_path_factory.mktemp("contract")
    with new_database(data_dir) as environment:
        options = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "tests.contract_settings",
            "AGENTFORGE_RATE_SUBMIT": "100000/sec",
        }
        with Stack.on(data_dir, **options) as stack:
            configuration = data_dir / "schemathesis.toml"
            ids = ids_on(stack)
            configuration.write_text(CONFIGURATION.format(**ids))
            yield Target(stack, configuration, ids["agent"])


def ids_on(stack: Stack) -> dict[str, Any]:
    """Two agents, and a failed task with its delivery, of the staff user."""
    with stack.client() as client, Receiver() as receiver:
        engine = Engine(client)
        guide = f"{stack.base_url}/guide/"
        builds = [engine.submit("build-agent", urls=[guide], max_pages=2) for _ in range(2)]
        agent, victim = (engine.wait_for(build, "SUCCESS")["agent_id"] for build in builds)
        task = engine.submit("test-brief-failure", callback_url=receiver.url)
        engine.wait_for(task, "FAILED")
        log = f"/tasks/{task}/webhooks"
        delivery = eventually(lambda: client.get(log).json()["results"])[0]["delivery_id"]
        page = client.get(f"/agents/{agent}/pages").json()["results"][0]["page_id"]
    return {"agent": agent, "page": page, "victim": victim, "task": task, "delivery": delivery}


def token_of_a_stranger(stack: Stack) -> str:
    """A token of somebody who owns nothing."""
    create = "from django.contrib.auth.models import User; User.objects.create_user('stranger')"
    stack.manage("shell", "--verbosity=0", f"--command={create}")
    return stack.token("stranger")


def test_the_owner_gets_what_the_schema_says(target: Target) -> None:
    done = target.attack(
        *("--header", f"Authorization: Bearer {target.stack.token()}"),
        f"--max-examples={EXAMPLES}",
    )
    assert done.returncode == 0, done.stdout
    with target.stack.client() as client:
        kept = client.get(f"/agents/{target.agent}").status_code
    assert kept == 200, "the calls about an agent were about none"


@pytest.mark.parametrize("known", [True, False], ids=["a stranger", "nobody"])
def test_so_do_others(target: Target, known: bool) -> None:
    who = f"Bearer {token_of_a_stranger(target.stack)}" if known else "Bearer unknown"
    done = target.attack(
        *("--header", f"Authorization: {who}"),
        "--phases=fuzzing",
        f"--max-examples={EXAMPLES}",
    )
    assert done.returncode == 0, done.stdout
