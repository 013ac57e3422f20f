"""The program's commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agents.cli.commands import import_excel, run_agent, seed_db

MOST_WORKERS = 64


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, and in `command` the function that does what they ask for.

    Raises:
        SystemExit: they are wrong; standard error says how.
    """
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m agents.cli",
        description="Keeps tables as context in a project's database, and answers from them.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_seed_db(commands)
    context = commands.add_parser("task-context", help="what the agent knows of the task")
    _add_import_excel(context.add_subparsers(metavar="COMMAND", required=True))
    agent = commands.add_parser("agent", help="the agent itself")
    _add_run(agent.add_subparsers(metavar="COMMAND", required=True))
    return parser


def _add_seed_db(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "seed-db", help="prepare the project's database", allow_abbrev=False
    )
    parser.add_argument("--reset", action="store_true", help="empty it first")
    parser.add_argument("--yes", action="store_true", help="do not ask before that")
    parser.set_defaults(command=seed_db.run)


def _add_import_excel(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "import-excel", help="take a workbook's table into the context", allow_abbrev=False
    )
    parser.add_argument("file", type=Path, help="a workbook (.xlsx or .xlsm)")
    parser.add_argument("--main-tab", default="", help="the tab with the table (else the first)")
    parser.add_argument(
        "--custom-structure",
        action="store_true",
        help="the workbook's tab Structure says which columns there are, and of what type",
    )
    parser.set_defaults(command=import_excel.run)


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "run", help="answer from the context and the project's agents", allow_abbrev=False
    )
    parser.add_argument("--input", required=True, help="what is asked: one question or several")
    parser.add_argument(
        "--parallel-workers", type=_workers, default=1, help=f"1 to {MOST_WORKERS}; by default 1"
    )
    parser.set_defaults(command=run_agent.run)


def _workers(text: str) -> int:
    if text.isdigit() and 1 <= int(text) <= MOST_WORKERS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_WORKERS}")
