"""The command `fleet`: parses the arguments, runs a command, and reports errors."""

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
from cli.output.console import answer_json_line, fail, say
from cli.output.errors import FleetError, error_code, error_document, os_fault, wants_json
from cli.project import enter_project
from modelfleet.spec.errors import ModelfleetError

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Errors of these libraries are network or storage errors; importing the libraries would be slow.
_CLIENTS = frozenset({"httpx", "obstore"})
_INTERRUPTED = 130
_EXPECTED = (ModelfleetError, ClientError, BotoCoreError)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"modelfleet {metadata.version('modelfleet')}")
        raise typer.Exit


@app.callback()
def fleet(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Train, release, and monitor a fleet of tabular models."""
    del version  # handled by its callback


def main() -> None:
    """Run the command; on failure, print one clear line and exit with code 1.

    With `--json`, an error is also printed as a document on standard output.
    """
    # SIGTERM gets the same cleanup as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        enter_project()
        sys.exit(_run())
    except TyperException as error:
        # The parser quotes arguments without escaping them.
        message = StringIO()
        error.show(message)  # type: ignore[attr-defined]  # every error of the parser has it
        for line in message.getvalue().rstrip().split("\n"):
            say(line)
        if _lacks_model(error):
            from modelfleet.catalogue import names  # noqa: PLC0415  # slow, and rarely needed

            say(f"Models: {', '.join(names())}")
        _answer_error("usage", error.format_message())
        sys.exit(error.exit_code)
    except typer.Abort:
        _end("aborted", "aborted")
    except FleetError as error:
        _end(str(error), error.code, answered=error.answered, exit_code=error.exit_code)
    except _EXPECTED as error:
        # A single line, even if the message quotes a name with line breaks.
        _end(str(error).replace("\n", "\\n"), error_code(error))
    except BrokenPipeError:
        # The reader closed the pipe, as `head` does.
        _close_stdout()
        sys.exit(1)
    except OSError as error:
        _end(os_fault(error), "file")
    except KeyboardInterrupt:
        text = "interrupted; run it again to continue, or stop the local cloud with `fleet down`"
        _end(text, "interrupted", exit_code=_INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # reported: as one line, or with its traceback
        if type(error).__module__.partition(".")[0] in _CLIENTS:
            first_line = (str(error) or type(error).__name__).splitlines()[0]
            _end(f"request to the cloud failed: {first_line}", "request_failed")
        fail(traceback.format_exc())
        # Its text may quote anything; the traceback on standard error has it.
        _answer_error("internal", type(error).__name__)
        sys.exit(1)


def _lacks_model(error: TyperException) -> bool:
    """Whether the name of a model is missing; `fleet new` takes a new one."""
    if type(error).__name__ != "MissingParameter":
        return False
    missing: Any = error
    return bool(missing.param.name == "model" and missing.ctx.info_name != "new")


def _run() -> Any:
    try:
        return app(prog_name="fleet", standalone_mode=False)
    finally:
        try:
            sys.stdout.flush()
        except OSError as error:
            # Otherwise Python would flush again at exit and print a traceback.
            _close_stdout()
            if isinstance(error, BrokenPipeError):
                raise
            raise OSError(error.errno, error.strerror, "standard output") from error


def _close_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(text: str, code: str, *, answered: bool = False, exit_code: int = 1) -> NoReturn:
    fail(text)
    if not answered:
        _answer_error(code, text)
    sys.exit(exit_code)


def _answer_error(code: str, text: str) -> None:
    if not wants_json(sys.argv[1:]):
        return
    try:
        answer_json_line(error_document(code, text))
        sys.stdout.flush()
    except OSError:
        # The reader closed the pipe; the message is on standard error in any case.
        _close_stdout()


if __name__ == "__main__":
    main()
