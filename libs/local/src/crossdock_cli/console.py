"""How commands speak: tables for people, JSON for programs, and exit codes that say which kind of end it was."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

OK, FAILED, NOT_UP, NOT_FOUND = 0, 1, 3, 4
# In a file or a pipe nothing is cut off to fit a screen that is not there.
# What partners wrote is shown as it is: a number in brackets is no markup.
out = Console(width=None if sys.stdout.isatty() else 240, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(content: Any) -> None:
    """One JSON document on standard output, undecorated."""
    json.dump(content, sys.stdout, indent=2, default=str)
    sys.stdout.write("\n")


def fail(message: str, code: int = FAILED) -> NoReturn:
    err.print(f"crossdock: {message}", soft_wrap=True)
    raise typer.Exit(code)
