"""What commands print: lines for people, one JSON object for machines, one line for a failure."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from domain.kernel.errors import DomainError

Command = TypeVar("Command", bound=Callable[..., Any])
_OPTION: Final = "--json"


def json_option(command: Command) -> Command:
    """Adds `--json`, which the command gets as `as_json`."""
    return click.option(
        _OPTION, "as_json", is_flag=True, help="Print one JSON object on the last line."
    )(command)


def say(line: str = "") -> None:
    """A line for people; goes to standard error so that standard output stays the result's."""
    click.echo(line, err=True)


def result(as_json: bool, facts: Mapping[str, Any], *lines: str) -> None:  # noqa: FBT001
    """The outcome of a command, in whichever form was asked for."""
    for line in lines if not as_json else (json.dumps(facts, ensure_ascii=False, default=str),):
        click.echo(line)


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: str
    facts: Mapping[str, object]

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        if isinstance(error, DomainError):
            return cls(error.code, str(error), error.facts)
        if isinstance(error, OSError) and error.strerror:
            about = f"{error.filename}: " if error.filename else ""
            return cls("cli.os-error", f"{about}{error.strerror}", {})
        kind = type(error).__name__
        hint = "ATELIER_LOG_LEVEL=debug shows where"
        return cls("internal", f"unexpected {kind}: {error} ({hint})", {})

    def show(self) -> int:
        """Print it, as JSON too where that was asked for; answers the exit code."""
        if _OPTION in sys.argv:
            problem = {"code": self.code, "message": self.message, **self.facts}
            click.echo(json.dumps({"error": problem}, ensure_ascii=False, default=str))
        one_line = " ".join(self.message.split())
        click.echo(f"atelier: {one_line} [{self.code}]", err=True)
        return 1
