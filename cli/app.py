"""The command `fleet`: parses, calls one function, answers."""

import os
import signal
import sys
from importlib import metadata
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.console import CONSOLE
from cli.errors import FleetError
from cli.lazy_commands import LazyCommands
from cli.output_files import os_fault
from modelfleet.domain.errors import ModelfleetError

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Libraries whose errors are of the network or of what is stored; their import is not waited for.
_CLIENTS = frozenset({"httpx", "obstore"})
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
        _run()
    except _EXPECTED as error:
        _fail(str(error))
    except BrokenPipeError:
        # Whoever read the answer has read enough.
        _close_stdout()
        sys.exit(1)
    except OSError as error:
        _fail(os_fault(error))
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _CLIENTS:
            raise
        _fail(f"a call to the cloud failed: {(str(error) or type(error).__name__).splitlines()[0]}")
    except KeyboardInterrupt:
        CONSOLE.print("fleet: stopped; run it again to go on, or: fleet down", style="red")
        sys.exit(130)


def _run() -> None:
    try:
        app()
    finally:
        try:
            sys.stdout.flush()
        except OSError as error:
            # Python would try again at the end, and end with a traceback.
            _close_stdout()
            if isinstance(error, BrokenPipeError):
                raise
            raise OSError(error.errno, error.strerror, "standard output") from error


def _close_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(text: str) -> NoReturn:
    CONSOLE.print(f"fleet: {text}", style="red", markup=False, soft_wrap=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
