"""`atelier settings`: what can be set, and whether what is set can be read."""

import click

from entrypoints.cli.output import json_option, result


@click.command(epilog="Example: ATELIER_PORT=8080 atelier settings")
@json_option
def settings(*, as_json: bool) -> None:
    """List every ATELIER_* variable; fails when one that is set cannot be read."""
    from entrypoints.settings import Settings
    from entrypoints.variables import described

    Settings.from_environment()
    known = described(Settings)
    width = max(len(name) for name, _, _ in known)
    lines = [
        f"{name:<{width}}  {meaning}{f' [{default}]' if default else ''}"
        for name, default, meaning in known
    ]
    facts = {name: {"default": default, "meaning": meaning} for name, default, meaning in known}
    result(as_json, facts, *lines)
