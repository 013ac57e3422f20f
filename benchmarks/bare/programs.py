"""Workflows that run a program which prints, fast or at a given pace."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.bare.workflows import any_params
from tasks.context import StepContext
from tasks.registry import register
from tasks.workflows import Step, Workflow

PRINTER = Path(__file__).parents[1] / "printer.py"


def print_lines(ctx: StepContext) -> None:
    """Run `PRINTER` at `params.rate` for `params.seconds`."""
    arguments = (str(ctx.params[name]) for name in ("rate", "seconds"))
    ctx.run_program([sys.executable, str(PRINTER), *arguments])


register(Workflow("lines", "Lines", (Step("print", print_lines, 100),), any_params))
