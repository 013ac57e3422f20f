"""What the program finds in its environment: the project's database, files and agents."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from agents.cli.failure import Failure

DEFAULT_DATABASE = "sqlite:///context.sqlite3"
"""In the working directory."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The AgentForge installation whose agents are asked, too.

    Attributes:
        url: where its API is.
        token: of the user whose agents they are.
        agents: their ids.
    """

    url: str
    token: str
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment, read and checked.

    Attributes:
        project: its name; empty in a terminal without one.
        database: the URL of the project's database.
        paths: the project's directories by name.
        assumes_yes: nobody can be asked, and whoever started the program has decided.
        platform: None where no agents are named.
    """

    project: str
    database: str
    paths: Mapping[str, str]
    assumes_yes: bool
    platform: Platform | None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Surroundings:
        """What the variables say.

        Raises:
            Failure: one of them cannot be used.
        """
        return cls(
            project=variables.get("AGENTFORGE_PROJECT", ""),
            database=variables.get("AGENTFORGE_DB_CONN") or DEFAULT_DATABASE,
            paths=_paths(variables.get("AGENTFORGE_PATHS") or "{}"),
            assumes_yes=variables.get("AGENTFORGE_ASSUME_YES") == "1",
            platform=_platform(variables),
        )


def _paths(text: str) -> dict[str, str]:
    try:
        paths = json.loads(text)
    except ValueError:
        paths = None
    if not isinstance(paths, dict) or not all(isinstance(path, str) for path in paths.values()):
        raise Failure(
            'AGENTFORGE_PATHS is no JSON object of names and directories. Write {"name": "/path"}.'
        )
    return paths


def _platform(variables: Mapping[str, str]) -> Platform | None:
    named = variables.get("AGENTFORGE_AGENTS", "").replace(",", " ").split()
    if not named:
        return None
    url, token = variables.get("AGENTFORGE_URL", ""), variables.get("AGENTFORGE_TOKEN", "")
    if not url or not token:
        raise Failure(
            "AGENTFORGE_AGENTS names agents, but AGENTFORGE_URL and AGENTFORGE_TOKEN do not say "
            "where they are and who asks. Set both in the project's environment."
        )
    return Platform(url.rstrip("/"), token, tuple(map(_checked_id, named)))


def _checked_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise Failure(
            f"AGENTFORGE_AGENTS names {text!r}, which is no agent's id. Write ids such as "
            "3f0e2c4a-8a4e-4c53-9d2c-0f6a3c1d2b4e, with commas between them."
        ) from None
