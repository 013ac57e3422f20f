"""What a worker does with a task of a project: fetch its configuration, build the command, run it.

The configuration is fetched once a run: the first step hands it to the others, encrypted, because a
step's output is stored. A retry may begin at a later step, and fetches it again, so that it meets
the configuration that somebody has mended meanwhile.
"""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.conf import settings

from tasks.context import StepContext
from tasks.errors import InvalidParams, PermanentError
from tasks.programs.scratch import scratch
from tasks.programs.terms import Limits
from tasks.projects import types
from tasks.projects.config import ProjectConfig
from tasks.projects.environment import environment
from tasks.projects.fetching import config_of
from tasks.projects.outcome import TOO_LONG, result_of
from tasks.projects.sealing import seal, unseal
from tasks.projects.secrets import Hidden

MEGABYTE = 10**6
FETCH, BUILD, RUN = "fetch", "build", "run"


def fetch_config(ctx: StepContext) -> dict[str, Any]:
    """Fetch the project's configuration, for this step and those after it."""
    config = config_of(ctx.params["project"])
    place = "PROJECT_CONFIG_URL" if settings.PROJECT_CONFIG_URL else "the database"
    ctx.log(f"Fetched the configuration of {config.name} from {place}.")
    return {"run": ctx.run, "sealed": seal(json.dumps(config.as_json()))}


def build_command(type_name: str, ctx: StepContext) -> dict[str, Any]:
    """Build the command, so that what is wrong with it is said before anything is started."""
    config = _config(ctx)
    shown = Hidden(config.secret_values).masked(_command(type_name, ctx, config))
    ctx.log(f"Command: {shlex.join(shown)}")
    return {"command": shown}


def run(type_name: str, ctx: StepContext) -> dict[str, Any]:
    """Run the program, with each line that it prints in the task's history."""
    config = _config(ctx)
    command = _command(type_name, ctx, config)
    if not config.working_directory:
        config.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with scratch(str(ctx.task_id)) as temporary:
        printed = ctx.run_program(
            command,
            cwd=config.directory,
            env=environment(config, ctx.task_id, temporary.path),
            limits=_limits(config),
            scratch=temporary,
            hide=Hidden(config.secret_values).text,
            moves_bar=True,
        )
    if printed.is_cut:
        ctx.log(TOO_LONG, level="warning")
    return result_of(printed)


def _limits(config: ProjectConfig) -> Limits:
    """The project's limits, but no more than the installation allows."""
    own = config.limits
    return Limits(
        seconds=_least(own.seconds, settings.AGENTFORGE_PROGRAM_SECONDS),
        memory=_least(own.memory_mb, settings.AGENTFORGE_PROGRAM_MEMORY_MB) * MEGABYTE,
        processes=_least(own.processes, settings.AGENTFORGE_PROGRAM_PROCESSES),
        output=_least(own.output_mb, settings.AGENTFORGE_PROGRAM_OUTPUT_MB) * MEGABYTE,
    )


def _least(own: int | None, most: int) -> int:
    return most if own is None else min(own, most)


def _config(ctx: StepContext) -> ProjectConfig:
    fetched = ctx.outputs[FETCH]
    if fetched["run"] != ctx.run:
        return config_of(ctx.params["project"])
    return ProjectConfig.from_json(json.loads(unseal(fetched["sealed"])))


def _command(type_name: str, ctx: StepContext, config: ProjectConfig) -> list[str]:
    """The whole command.

    Raises:
        PermanentError: the type has changed since the task was submitted, or a file is not there.
    """
    try:
        declared = types.get(type_name).command(ctx.params["command"])
    except InvalidParams as error:
        raise PermanentError(str(error), code="unknown_command") from error
    program = config.command or list(settings.AGENTFORGE_AGENT_COMMAND)
    return [*program, *declared.line(ctx.params["params"], config)]
