"""The command `fleet`: parses, calls one function, answers."""

import signal
import sys
import traceback
from importlib import metadata
from io import StringIO
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import TyperException

from cli.console import fail, say
from cli.errors import FleetError
from cli.lazy_commands import LazyCommands
from modelfleet.domain.errors import ModelfleetError

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_EXPECTED = (ModelfleetError, ClientError, BotoCoreError)


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
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        # The parser quotes what was typed, such as a file's name, and would print it as it is.
        told = StringIO()
        error.show(told)  # type: ignore[attr-defined]  # all that the parser raises have it
        say(told.getvalue().rstrip())
        sys.exit(error.exit_code)
    except typer.Abort:
        fail("stopped; nothing more was done")
        sys.exit(1)
    except FleetError as error:
        fail(str(error))
        sys.exit(1)
    except _EXPECTED as error:
        # One line, also where it quotes a name that has more.
        fail(str(error).replace("\n", "\\n"))
        sys.exit(1)
    except KeyboardInterrupt:
        fail("stopped; run it again to go on, or: fleet down")
        sys.exit(130)
    except Exception:  # noqa: BLE001  a fault of ours, told whole but for what a terminal obeys
        fail(traceback.format_exc())
        sys.exit(1)


if __name__ == "__main__":
    main()
