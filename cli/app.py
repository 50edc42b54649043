"""The command `fleet`: parses, calls one function, answers."""

import signal
import sys
from importlib import metadata
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.console import CONSOLE
from cli.errors import FleetError
from cli.lazy_commands import LazyCommands
from modelfleet.domain.errors import ModelfleetError

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_EXPECTED = (FleetError, ModelfleetError, ClientError, BotoCoreError)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"modelfleet {metadata.version('modelfleet')}")
        raise typer.Exit


@app.callback()
def fleet(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Train, release and watch a fleet of tabular models."""
    del version  # its callback has answered


def main() -> None:
    """Run the command; what cannot be done ends with one clear line and exit code 1."""
    # A polite request to end is cleaned up after like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except _EXPECTED as error:
        CONSOLE.print(f"fleet: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        CONSOLE.print("fleet: stopped; run it again to go on, or: fleet down", style="red")
        sys.exit(130)


if __name__ == "__main__":
    main()
