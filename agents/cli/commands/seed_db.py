"""`seed-db`: prepares the project's database, and empties it if that is asked for."""

from __future__ import annotations

from argparse import Namespace

from agents.cli.failure import Failure
from agents.cli.store import Store, open_store
from agents.cli.surroundings import Surroundings
from agents.cli.terminal import Terminal


def run(options: Namespace, surroundings: Surroundings, terminal: Terminal) -> None:
    """Make the tables that are missing; with `--reset`, remove all that is in them before.

    Raises:
        Failure: the database cannot be used, or nobody has agreed to the reset.
    """
    with open_store(surroundings.database) as store:
        terminal.say(f"Connected to {store.name}.")
        removed = 0
        if options.reset and store.is_ready():
            removed = store.count()
            if removed:
                _make_sure(options.yes or surroundings.assumes_yes, store, removed, terminal)
            store.remove_tables()
            terminal.say(f"Removed {removed} rows.")
        store.create_tables()
        terminal.say("The tables are ready.")
        terminal.result({"database": store.name, "removed": removed, "rows": store.count()})


def _make_sure(is_decided: bool, store: Store, rows: int, terminal: Terminal) -> None:
    if is_decided:
        return
    answer = terminal.confirms(f"Remove all {rows} rows from {store.name}?")
    if answer is None:
        raise Failure(
            f"{store.name} holds {rows} rows, and nobody can be asked whether to remove them. "
            "Say it with --yes."
        )
    if not answer:
        raise Failure("Nothing was removed.")
