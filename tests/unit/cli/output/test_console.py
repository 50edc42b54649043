"""No printing function lets text control the terminal."""

import ast
import inspect
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.status import Status

from cli import app
from cli.commands.operations import logs
from cli.logs import Function, LogLine
from cli.output import console
from cli.output.errors import FleetError
from modelfleet.spec.errors import DatasetError
from tests import hostile

ROOT = Path(__file__).parents[4]
NAMES = (*hostile.NAMES, *hostile.UNPRINTABLE)
SEQUENCE = "\x1b[31;41;5m \x9b31;41;5m \x1b]0;title\x07 \x1b]8;;http://evil\x1b\\ \r\b\x7f\u202e"


def steps(print_one: Callable[[str], object]) -> Callable[[str], None]:
    """A function that prints within a block."""

    def run(text: str) -> None:
        with print_one(text):  # type: ignore[attr-defined]  # all that are given here are such
            console.say(text)

    return run


PRINTING: dict[str, Callable[[str], object]] = {
    "say": console.say,
    "done": lambda text: console.done(text, text),
    "warn": console.warn,
    "fail": console.fail,
    "answer": console.answer,
    "answer_table": lambda text: console.answer_table((text, text), [(text, text), (text, "a")]),
    "answer_facts": lambda text: console.answer_facts([("label", text), ("label", "a")]),
    "answer_entries": lambda text: console.answer_entries([(text, [text, text])]),
    "step": steps(console.step),
    "waiting": steps(console.waiting),
    "progress": steps(lambda text: console.progress(text, 2)),
}
EVERY_FUNCTION = pytest.mark.parametrize("print_one", PRINTING.values(), ids=PRINTING)


class Printed:
    """Both streams as one text."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
        self.file = StringIO()
        for each in (console.CONSOLE, console._OUT):
            monkeypatch.setattr(each, "_file", self.file)
            monkeypatch.setattr(each, "_force_terminal", terminal)
            monkeypatch.setattr(each, "_width", 80)

    def __str__(self) -> str:
        return self.file.getvalue()


def require_plain(text: str) -> None:
    """Require that a terminal interprets nothing in it and hides nothing from readers."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", text)
    assert not {unicodedata.bidirectional(letter) for letter in text} & {
        *("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"),
    }
    assert not {"\u200e", "\u200f", "\u061c", "\u200b", "\ufeff"} & set(text)


def test_every_printing_function_is_tested() -> None:
    """A new function must be added to `PRINTING`."""
    public = {
        name
        for name, found in vars(console).items()
        if inspect.isfunction(found) and found.__module__ == console.__name__
        if not name.startswith("_")
    }
    assert public == {*PRINTING, "shown", "answer_json", "answer_json_line"}


@EVERY_FUNCTION
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_control_characters_are_escaped(
    name: str, print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output to a file contains no control characters except line breaks and tabs."""
    printed = Printed(monkeypatch, terminal=False)
    print_one(name)
    require_plain(str(printed))


@EVERY_FUNCTION
def test_a_terminal_gets_only_the_consoles_sequences(
    print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output to a terminal contains only the console's own escape sequences."""
    printed = Printed(monkeypatch, terminal=True)
    print_one(SEQUENCE)
    assert "\x1b[31;41;5m" not in str(printed)
    assert "\\x1b[31;41;5" in re.sub(r"\s", "", str(printed))
    require_plain(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", str(printed)))


@EVERY_FUNCTION
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n\n"])
def test_line_breaks_are_escaped(
    line_break: str, print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name starts a line that looks like the command's own."""
    printed = Printed(monkeypatch, terminal=False)
    print_one(f"a{line_break}fleet: all is well")
    lines = str(printed).splitlines()
    assert not [line for line in lines if line.startswith("fleet: all is well")]


@EVERY_FUNCTION
@pytest.mark.parametrize("name", ["[red]a[/red]", "[link=http://evil]b[/link]", "[/]", ":smile:"])
def test_markup_is_not_interpreted(
    name: str, print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is printed literally."""
    printed = Printed(monkeypatch, terminal=False)
    print_one(name)
    assert name in str(printed)


@given(st.text(st.characters()))
def test_any_text_is_printable(text: str) -> None:
    """Escaping is idempotent."""
    require_plain(console.shown(text))
    assert console.shown(console.shown(text)) == console.shown(text)


@pytest.mark.parametrize(
    "text", ["Köln 東京 да", "مرحبا", "👩‍🚀", "a\tb\nc", "\u00a0R²", "{a: 'b'}"]
)
def test_text_of_every_script_is_unchanged(text: str) -> None:
    """Readable text is not escaped."""
    assert console.shown(text) == text


@pytest.mark.parametrize("write", [console.answer_json, console.answer_json_line])
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_json_is_exact(
    name: str, write: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ASCII and can be parsed back."""
    printed = Printed(monkeypatch, terminal=False)
    write({name: [name]})
    assert str(printed).isascii()
    require_plain(str(printed))
    assert json.loads(str(printed)) == {name: [name]}


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], tuple[str, object]]:
    """Makes the command end with an error, and records its output."""

    def run(error: Exception) -> tuple[str, object]:
        def fails(**_: object) -> None:
            raise error

        printed = Printed(monkeypatch, terminal=False)
        monkeypatch.setattr(app, "app", fails)
        with pytest.raises(SystemExit) as raised:
            app.main()
        return str(printed), raised.value.code

    return run


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("kind", [FleetError, DatasetError, ZeroDivisionError])
def test_errors_are_escaped(
    name: str, kind: type[Exception], ended: Callable[[Exception], tuple[str, object]]
) -> None:
    """Even unexpected errors are; further lines are indented."""
    told, code = ended(kind(f"{name}: there is no such column"))
    assert code == 1
    require_plain(told)
    assert re.match(r"fleet: .*(\n  .*)*\n\Z", told)


def test_a_table_error_is_one_line(
    ended: Callable[[Exception], tuple[str, object]],
) -> None:
    """A line break in a column's name is escaped."""
    told, _ = ended(DatasetError("a\nfleet: all is well"))
    assert told == "fleet: a\\nfleet: all is well\n"


def test_usage_errors_are_escaped(tmp_path: Path) -> None:
    """The parser quotes arguments, which may be file names."""
    command = [sys.executable, "-m", "cli.app", "status", f"x{SEQUENCE}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "\\x1b[31;41;5m" in done.stderr
    require_plain(done.stderr)


def test_log_lines_are_escaped_and_indented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further lines of an event do not look like other events."""
    printed = Printed(monkeypatch, terminal=False)
    text = f"{SEQUENCE}\n1970-01-01 00:00:01 all is well"
    at = datetime.fromtimestamp(0, UTC)
    logs._print([LogLine(Function.TRAIN, at, text, {})], of_execution=False, as_json=False)
    require_plain(str(printed))
    assert [line[:4] for line in str(printed).splitlines()] == ["1970", " " * 4]


_PRINTS = re.compile(
    r"\b(print|typer\.echo|click\.echo|secho|rprint)\(|sys\.(stdout|stderr)\.write"
)
_OTHERS = {
    # Prints one line of JSON for its parent process.
    "cli/training/bundle_probe.py",
    # Prints the version.
    "cli/app.py",
    # Writes to the engine's log.
    "cli/local_cloud/engine/invocation_logs.py",
    "cli/local_cloud/engine/__main__.py",
}


@pytest.mark.static
def test_all_output_goes_through_the_console() -> None:
    """Other modules neither print nor contain markup."""
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in (ROOT / "cli").rglob("*.py")
    }
    del sources["cli/output/console.py"], sources["cli/output/table.py"]
    printing = {name for name, source in sources.items() if _PRINTS.search(source)}
    assert printing <= _OTHERS
    for name, source in sources.items():
        assert not {each for each in _imported(source) if each.split(".")[0] == "rich"}, name
        assert not re.search(r"\[/?(red|green|yellow|dim|bold|link)\b", source), name


def _imported(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    return plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}


def test_a_step_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Next to the spinner, escaped like all text."""
    shown: list[str] = []
    monkeypatch.setattr(Status, "update", lambda _, text: shown.append(text.plain))
    with console.step("deploy") as deploying:
        deploying.show(f"3 resources{SEQUENCE[:6]}")
    assert shown == ["deploy: 3 resources\\x1b[31;4"]


@pytest.mark.parametrize("error", [FleetError("no"), KeyboardInterrupt()])
def test_a_failed_step_has_no_tick(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with a cross, whether it raises, is interrupted, or says that it failed."""
    with pytest.raises(type(error)), console.step("first"):
        raise error
    with console.step("second") as second:
        second.failed = True
    with console.step("third"):
        pass
    marks = [line[:7] for line in capsys.readouterr().err.splitlines() if line[0] in "✓✗"]
    assert marks == ["✗ first", "✗ secon", "✓ third"]
