"""No text reaches the terminal as something that it would obey, whichever function prints it."""

import ast
import inspect
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import app
from cli.commands.operations import logs
from cli.output import console
from cli.output.errors import FleetError
from modelfleet.domain.errors import DatasetError
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
    """Nothing in it is obeyed by a terminal, or hidden from who reads it."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", text)
    assert not {unicodedata.bidirectional(letter) for letter in text} & {
        *("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"),
    }
    assert not {"\u200e", "\u200f", "\u061c", "\u200b", "\ufeff"} & set(text)


def test_every_printing_function_is_tried() -> None:
    """A new one is tried too, or this fails."""
    public = {
        name
        for name, found in vars(console).items()
        if inspect.isfunction(found) and found.__module__ == console.__name__
        if not name.startswith("_")
    }
    assert public == {*PRINTING, "shown", "answer_json"}


@EVERY_FUNCTION
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_is_obeyed(
    name: str, print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where output goes to a file, there is no control character but lines and tabs."""
    printed = Printed(monkeypatch, terminal=False)
    print_one(name)
    require_plain(str(printed))


@EVERY_FUNCTION
def test_a_terminal_obeys_the_console_alone(
    print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it goes to a terminal, the only sequences are the console's own colours and moves."""
    printed = Printed(monkeypatch, terminal=True)
    print_one(SEQUENCE)
    assert "\x1b[31;41;5m" not in str(printed)
    assert "\\x1b[31;41;5" in re.sub(r"\s|│", "", str(printed))
    require_plain(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", str(printed)))


@EVERY_FUNCTION
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n\n"])
def test_no_name_begins_a_line(
    line_break: str, print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that a file is called passes for a line of the command's own."""
    printed = Printed(monkeypatch, terminal=False)
    print_one(f"a{line_break}fleet: all is well")
    lines = str(printed).splitlines()
    assert not [line for line in lines if line.startswith("fleet: all is well")]


@EVERY_FUNCTION
@pytest.mark.parametrize("name", ["[red]a[/red]", "[link=http://evil]b[/link]", "[/]", ":smile:"])
def test_no_name_is_markup(
    name: str, print_one: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is printed letter by letter."""
    printed = Printed(monkeypatch, terminal=False)
    print_one(name)
    assert name in str(printed)


@given(st.text(st.characters()))
def test_any_text_is_shown(text: str) -> None:
    """Whatever it is, and the second time it stays as it is."""
    require_plain(console.shown(text))
    assert console.shown(console.shown(text)) == console.shown(text)


@pytest.mark.parametrize(
    "text", ["Köln 東京 да", "مرحبا", "👩‍🚀", "a\tb\nc", "\u00a0R²", "{a: 'b'}"]
)
def test_words_of_every_script_stay(text: str) -> None:
    """What people read is not spelled out."""
    assert console.shown(text) == text


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_programs_get_exact_json(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ASCII, and reads back as it is."""
    printed = Printed(monkeypatch, terminal=False)
    console.answer_json({name: [name]})
    assert str(printed).isascii()
    require_plain(str(printed))
    assert json.loads(str(printed)) == {name: [name]}


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], tuple[str, object]]:
    """Runs the command so that it ends with an error, and takes down what it says."""

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
def test_no_error_is_obeyed(
    name: str, kind: type[Exception], ended: Callable[[Exception], tuple[str, object]]
) -> None:
    """Whoever raises it, also where nobody expected it; none begins a line of its own."""
    told, code = ended(kind(f"{name}: there is no such column"))
    assert code == 1
    require_plain(told)
    assert re.match(r"fleet: .*(\n  .*)*\n\Z", told)


def test_an_error_of_a_table_is_one_line(
    ended: Callable[[Exception], tuple[str, object]],
) -> None:
    """Also where a column's name has more."""
    told, _ = ended(DatasetError("a\nfleet: all is well"))
    assert told == "fleet: a\\nfleet: all is well\n"


def test_what_was_typed_wrong_is_not_obeyed(tmp_path: Path) -> None:
    """The parser quotes arguments, of which one may be a file's name."""
    command = [sys.executable, "-m", "cli.app", "status", f"x{SEQUENCE}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "\\x1b[31;41;5m" in done.stderr
    require_plain(done.stderr)


def test_a_log_line_cannot_pass_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a function wrote is neither obeyed nor taken for an event of its own."""
    printed = Printed(monkeypatch, terminal=False)
    logs._print({"timestamp": 0, "message": f"{SEQUENCE}\n00:00:01 all is well\n"}, as_json=False)
    require_plain(str(printed))
    assert [line[:8] for line in str(printed).splitlines()] == ["00:00:00", " " * 8]


_PRINTS = re.compile(
    r"\b(print|typer\.echo|click\.echo|secho|rprint)\(|sys\.(stdout|stderr)\.write"
)
_OTHERS = {
    # Its one line is JSON for the process that started it.
    "cli/training/bundle_probe.py",
    # The number of the version.
    "cli/app.py",
    # Code of the engine, and what it writes into its log.
    "cli/local_cloud/engine/invocation_logs.py",
    "cli/local_cloud/engine/__main__.py",
}


@pytest.mark.static
def test_nothing_prints_around_the_console() -> None:
    """Words for people leave the command in one place, and hold no markup."""
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in (ROOT / "cli").rglob("*.py")
    }
    del sources["cli/output/console.py"]
    printing = {name for name, source in sources.items() if _PRINTS.search(source)}
    assert printing <= _OTHERS
    for name, source in sources.items():
        assert not {each for each in _imported(source) if each.split(".")[0] == "rich"}, name
        assert not re.search(r"\[/?(red|green|yellow|dim|bold|link)\b", source), name


def _imported(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    return plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}
