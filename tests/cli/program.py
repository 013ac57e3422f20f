"""The agent program as the tests call it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from agents.cli.__main__ import main


@dataclass(frozen=True, slots=True)
class Run:
    """What a call of the program has come to."""

    code: int
    lines: list[str]
    error: str

    @property
    def result(self) -> Any:
        """What its last line says that came out."""
        return json.loads(self.lines[-1])["result"]


class Program:
    """The program with an environment of its own, in this process."""

    def __init__(
        self,
        environment: Mapping[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        for name, value in environment.items():
            self.set(name, value)

    def set(self, name: str, value: str) -> None:
        """Put a variable into its environment."""
        self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Run:
        self._capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = int(exit.code or 0)
        written = self._capsys.readouterr()
        return Run(code, written.out.splitlines(), written.err.strip())
