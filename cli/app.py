"""The command `fleet`: parses, calls one function, answers."""

import os
import signal
import sys
import traceback
from importlib import metadata
from io import StringIO
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import TyperException

from cli.lazy_commands import LazyCommands
from cli.output.console import fail, say
from cli.output.errors import FleetError
from cli.output.files import os_fault
from modelfleet.domain.errors import ModelfleetError

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Libraries whose errors are of the network or of what is stored; their import is not waited for.
_CLIENTS = frozenset({"httpx", "obstore"})
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
        sys.exit(_run())
    except TyperException as error:
        # The parser quotes what was typed, such as a file's name, and would print it as it is.
        told = StringIO()
        error.show(told)  # type: ignore[attr-defined]  # all that the parser raises have it
        for line in told.getvalue().rstrip().split("\n"):
            say(line)
        sys.exit(error.exit_code)
    except typer.Abort:
        _end("stopped; nothing more was done")
    except FleetError as error:
        _end(str(error))
    except _EXPECTED as error:
        # One line, also where it quotes a name that has more.
        _end(str(error).replace("\n", "\\n"))
    except BrokenPipeError:
        # The reader of the pipe has closed it.
        _close_stdout()
        sys.exit(1)
    except OSError as error:
        _end(os_fault(error))
    except KeyboardInterrupt:
        fail("stopped; run it again to go on, or: fleet down")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  answered for: one line, or all of a fault of ours
        if type(error).__module__.partition(".")[0] in _CLIENTS:
            said = (str(error) or type(error).__name__).splitlines()[0]
            _end(f"a call to the cloud failed: {said}")
        _end(traceback.format_exc())


def _run() -> Any:
    try:
        return app(standalone_mode=False)
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


def _end(text: str) -> NoReturn:
    fail(text)
    sys.exit(1)


if __name__ == "__main__":
    main()
