"""`agent run` answers each question from the context and the agents, with citations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import uuid4

import pytest

from agents.knowledge.answer import UNKNOWN
from tests.cli.program import Program
from tests.cli.workbooks import Cells, workbook
from tests.loopback import LoopbackServer, QuietHandler

pytestmark = pytest.mark.services

AGENT = str(uuid4())


@pytest.fixture
def filled(program: Program, tmp_path: Path) -> Program:
    """The program, with prices in its context."""
    things = [[f"Thing {number}", number + 0.5] for number in range(40)]
    table: list[Cells] = [["Item", "Price"], *things, ["Kettle", 24.5], ["Lamp", 7]]
    path = workbook(tmp_path / "prices.xlsx", {"Shop": table})
    assert program("task-context", "import-excel", str(path)).code == 0
    return program


class Api(QuietHandler):
    """One agent of an installation, which answers every question."""

    failures: list[int] = []
    """Statuses that are answered first."""
    together = Barrier(1)

    def do_GET(self) -> None:  # noqa: N802  (the name that http.server looks for)
        self._answer({"name": "Guide"})

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.together.wait(timeout=5)
        except BrokenBarrierError:
            self.send_error(500)
            return
        question = json.loads(body)["question"]
        citation = {"url": "http://example.com/", "quote": question}
        self._answer({"answer": f"Yes: {question}", "citations": [citation]})

    def _answer(self, content: dict[str, Any]) -> None:
        status = self.failures.pop(0) if self.failures else 200
        if self.headers["Authorization"] != "Bearer open-sesame":
            status = 401
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def platform(program: Program) -> Iterator[type[Api]]:
    """An installation whose agent the program may ask."""
    handler = type("OneApi", (Api,), {"failures": [], "together": Barrier(1)})
    with LoopbackServer(handler) as server:
        program.set("AGENTFORGE_URL", server.root)
        program.set("AGENTFORGE_TOKEN", "open-sesame")
        program.set("AGENTFORGE_AGENTS", AGENT)
        yield handler


def test_an_answer_quotes_the_row_that_it_stands_in(filled: Program) -> None:
    run = filled("agent", "run", "--input", "What is the price of the kettle?")
    assert run.code == 0
    assert run.result == {
        "answers": [
            {
                "question": "What is the price of the kettle?",
                "answer": "Item: Kettle; Price: 24.5.",
                "citations": [
                    {
                        "source": "prices.xlsx",
                        "tab": "Shop",
                        "row": 42,
                        "quote": "Item: Kettle; Price: 24.5",
                    }
                ],
            }
        ]
    }
    assert "  from prices.xlsx, Shop, row 42" in run.lines


def test_what_the_context_does_not_say_is_not_known(filled: Program) -> None:
    (answer,) = filled("agent", "run", "--input", "Who was Napoleon?").result["answers"]
    assert (answer["answer"], answer["citations"]) == (UNKNOWN, [])


@pytest.mark.parametrize("workers", [1, 3, 64])
def test_several_questions_are_answered_in_their_order(filled: Program, workers: int) -> None:
    text = "Price of the lamp? Price of the kettle?\nWho was Napoleon?"
    run = filled("agent", "run", "--input", text, "--parallel-workers", str(workers))
    answers = [answer["answer"] for answer in run.result["answers"]]
    assert answers == ["Item: Lamp; Price: 7.", "Item: Kettle; Price: 24.5.", UNKNOWN]
    assert "Answered 3/3" in run.lines


def test_agents_answer_beside_the_context(filled: Program, platform: type[Api]) -> None:
    run = filled("agent", "run", "--input", "Price of the lamp?")
    (answer,) = run.result["answers"]
    assert answer["answer"] == "Item: Lamp; Price: 7.\n\nYes: Price of the lamp?"
    assert answer["citations"][1] == {
        "agent": "Guide",
        "url": "http://example.com/",
        "quote": "Price of the lamp?",
    }


def test_as_many_are_asked_at_once_as_there_are_workers(
    program: Program, platform: type[Api]
) -> None:
    platform.together = Barrier(3)
    text = "First? Second? Third?"
    run = program("agent", "run", "--input", text, "--parallel-workers", "3")
    assert [one["answer"] for one in run.result["answers"]] == [
        "Yes: First?",
        "Yes: Second?",
        "Yes: Third?",
    ]


def test_an_installation_that_is_busy_is_asked_again(program: Program, platform: type[Api]) -> None:
    platform.failures = [200, 503, 429]
    assert program("agent", "run", "--input", "Why?").code == 0


def test_an_agent_that_cannot_be_asked_is_named(program: Program, platform: type[Api]) -> None:
    program.set("AGENTFORGE_TOKEN", "wrong")
    run = program("agent", "run", "--input", "Why?")
    assert (run.code, f"/agents/{AGENT} cannot be asked: it answers 401" in run.error) == (1, True)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AGENTFORGE_AGENTS": AGENT}, "AGENTFORGE_URL and AGENTFORGE_TOKEN do not say"),
        (
            {
                "AGENTFORGE_AGENTS": "guide",
                "AGENTFORGE_URL": "http://127.0.0.1:1",
                "AGENTFORGE_TOKEN": "x",
            },
            "names 'guide', which is no agent's id",
        ),
        ({}, "There is nobody to ask"),
    ],
)
def test_what_is_missing_to_ask_is_said(
    program: Program, variables: dict[str, str], sentence: str
) -> None:
    for name, value in variables.items():
        program.set(name, value)
    run = program("agent", "run", "--input", "Why?")
    assert (run.code, sentence in run.error) == (1, True), run.error


def test_an_empty_input_is_refused(filled: Program) -> None:
    run = filled("agent", "run", "--input", " \n")
    assert (run.code, run.error) == (1, "The input is empty. Ask something with --input.")


@pytest.mark.parametrize("workers", ["0", "65", "two", "-1"])
def test_a_wrong_number_of_workers_is_refused(filled: Program, workers: str) -> None:
    run = filled("agent", "run", "--input", "Why?", f"--parallel-workers={workers}")
    assert (run.code, "is not a number from 1 to 64" in run.error) == (2, True)
