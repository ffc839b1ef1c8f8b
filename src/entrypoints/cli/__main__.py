"""The `atelier` command: loads a subcommand when it is asked for, tells an error in one line."""

import importlib
import os
import sys
from typing import Final

import click

from domain.kernel.errors import DomainError
from entrypoints import __version__
from entrypoints.cli.output import Failure

# Subcommand -> module:command. Modules import what they need when they run, so that this is quick.
COMMANDS: Final = {
    "up": "entrypoints.cli.up:up",
    "docs": "entrypoints.cli.docs:docs",
    "notes": "entrypoints.cli.notes:notes",
    "demo": "entrypoints.cli.demo:demo",
    "api": "entrypoints.cli.api:api",
    "worker": "entrypoints.cli.worker:worker",
    "migrate": "entrypoints.cli.migrate:migrate",
    "models": "entrypoints.cli.models:models",
    "soak": "entrypoints.cli.soak:soak",
    "dump": "entrypoints.cli.dump:dump",
    "restore": "entrypoints.cli.dump:restore",
    "settings": "entrypoints.cli.settings:settings",
    "test": "entrypoints.cli.test:test",
}


class Atelier(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(
    cls=Atelier,
    epilog="Example: atelier up",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="atelier", message="%(prog)s %(version)s")
def atelier() -> None:
    """Turn raw material into finished work."""


def main() -> None:
    """Exit code 0: done; 1: refused, told in one line; 2: a wrong command line; 130: Ctrl-C."""
    try:
        code = atelier.main(prog_name="atelier", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (DomainError, OSError) as error:
        sys.exit(Failure.of(error).show())
    except Exception as error:
        if os.environ.get("ATELIER_LOG_LEVEL", "").lower() == "debug":
            raise
        sys.exit(Failure.of(error).show())
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
