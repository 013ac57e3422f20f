"""`agent run`: answers the questions of the input, each from everything that can be asked."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from typing import Any

from agents.cli.asking.answers import Answer, Asked
from agents.cli.asking.context import Context
from agents.cli.asking.platform import PlatformAgent, client_of
from agents.cli.asking.questions import questions_in
from agents.cli.failure import Failure
from agents.cli.store import open_store
from agents.cli.surroundings import Surroundings
from agents.cli.terminal import Terminal
from agents.knowledge.answer import UNKNOWN


def run(options: Namespace, surroundings: Surroundings, terminal: Terminal) -> None:
    """Ask each question of everybody, as many at the same time as there are workers.

    Raises:
        Failure: there is no question or nobody to ask, or somebody cannot be asked.
    """
    questions = questions_in(options.input)
    if not questions:
        raise Failure("The input is empty. Ask something with --input.")
    with _everybody(surroundings, terminal) as everybody:
        answers = _answers(questions, everybody, options.parallel_workers, terminal)
    for question, given in zip(questions, answers, strict=True):
        _show(question, given, terminal)
    terminal.result(
        {
            "answers": [
                _as_json(question, given)
                for question, given in zip(questions, answers, strict=True)
            ]
        }
    )


@contextmanager
def _everybody(surroundings: Surroundings, terminal: Terminal) -> Iterator[list[Asked]]:
    """The context, if it holds anything, and the agents."""
    with ExitStack() as stack:
        everybody: list[Asked] = []
        store = stack.enter_context(open_store(surroundings.database))
        rows = store.count() if store.is_ready() else 0
        if rows:
            context = Context(store)
            stack.callback(context.close)
            everybody.append(context)
            terminal.say(f"The context holds {rows} rows.")
        if surroundings.platform:
            client = stack.enter_context(client_of(surroundings.platform))
            everybody += [PlatformAgent(client, id_) for id_ in surroundings.platform.agents]
        if not everybody:
            raise Failure(
                f"There is nobody to ask: {store.name} holds no rows, and AGENTFORGE_AGENTS names "
                "no agents. Import a workbook with task-context import-excel, or name agents."
            )
        yield everybody


def _answers(
    questions: Sequence[str], everybody: Sequence[Asked], workers: int, terminal: Terminal
) -> list[list[Answer]]:
    """By question, the answers of everybody in their order."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="ask")
    try:
        asked = [[pool.submit(one.ask, question) for one in everybody] for question in questions]
        every: list[Future[Answer]] = [future for row in asked for future in row]
        with terminal.counting("Answered", len(every)) as counter:
            for done, future in enumerate(as_completed(every), start=1):
                future.result()
                counter.reach(done)
        return [[future.result() for future in row] for row in asked]
    finally:
        # Somebody who cannot be asked, or a signal, must not have to wait for all the others.
        pool.shutdown(wait=True, cancel_futures=True)


def _known(given: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in given if answer.is_known]


def _show(question: str, given: Sequence[Answer], terminal: Terminal) -> None:
    terminal.say(f"Question: {question}")
    for answer in _known(given):
        terminal.say(f"Answer of {answer.by}: {answer.text}")
        for citation in answer.citations:
            terminal.say(f"  from {_place(citation)}")
    if not _known(given):
        terminal.say(f"Answer: {UNKNOWN}")


def _place(citation: Any) -> str:
    if "row" in citation:
        return f"{citation['source']}, {citation['tab']}, row {citation['row']}"
    return str(citation.get("url", ""))


def _as_json(question: str, given: Sequence[Answer]) -> dict[str, Any]:
    """The question with the answers of those who know, each with its citations."""
    known = _known(given)
    return {
        "question": question,
        "answer": "\n\n".join(answer.text for answer in known) or UNKNOWN,
        "citations": [dict(citation) for answer in known for citation in answer.citations],
    }
