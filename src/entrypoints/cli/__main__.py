"""The `atelier` command."""

import click


@click.group()
def main() -> None:
    """Turn raw material into finished work."""


if __name__ == "__main__":
    main(prog_name="atelier")
