"""Safe conversion of arbitrary values to Python source, the only output allowed in templates."""

import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_NO_DOCSTRING = str.maketrans({'"': "'", "\\": "/", "#": " "})
# Modelines: settings that editors read from the first or last lines of any file. Emacs
# `-*- ... -*-` and `Local Variables:`, Vim `vim: set ...`, Kakoune `kak: ...`, Kate `kate: ...`,
# and jEdit `:mode=...:`. Without the last character of a match, each of them is plain text.
_TO_EDITORS = re.compile(
    r"-\*(?=-)|Local Variables:|kate(?:-[^:]*)?:|:[a-z](?=[a-z]*=)"
    r"|(?<![A-Za-z0-9_])(?:vim?|ex|kak|kakoune)[<=>]*\d*:",
    re.IGNORECASE,
)
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


class RawValueError(TypeError):
    """A template prints a value that was not converted to source."""


class Source(str):
    """ASCII Python source.

    String methods return plain strings, which templates refuse to print.
    """

    __slots__ = ()


def environment(templates: Path) -> Environment:
    """Return an environment for templates of Python files that only print `Source` and numbers."""
    # The output is Python, so HTML escaping does not apply.
    world = Environment(  # noqa: S701  # nosec B701  # as above
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        extensions=[_SourceOnly],
    )
    filters: dict[str, Callable[..., Source]] = {
        "identifier": identifier,
        "literal": literal,
        "member": member,
        "number": number,
        "prose": prose,
        "_printed": _printed,
    }
    world.filters.update(filters)
    return world


def literal(value: Any) -> Source:
    """Return a literal that evaluates to the value; integral floats become integers.

    Raises
    ------
    RawValueError
        If the value is not finite, or its type has no literals.
    """
    if isinstance(value, Mapping):
        pairs = (f"{literal(key)}: {literal(each)}" for key, each in value.items())
        return Source(f"{{{', '.join(pairs)}}}")
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return Source(f"({inner},)" if len(value) == 1 else f"({inner})")
    # Subclasses are rejected because their `repr` could be any text.
    if type(value) is float and value.is_integer():
        return Source(int(value))
    if type(value) in (str, int, bool, type(None)) or (type(value) is float and _is_finite(value)):
        # `repr` would keep homoglyphs and bidirectional control characters.
        source = ascii(value)
        return Source(_TO_EDITORS.sub(_last_escaped, source) if isinstance(value, str) else source)
    raise RawValueError(f"{value!r}: a {type(value).__name__} has no literal")


def number(value: float | None) -> Source:
    """Return a readable number, such as 10_000 or 0.05.

    Raises
    ------
    RawValueError
        If it is not finite.
    """
    if value is None:
        return Source("None")
    if not _is_finite(value):
        raise RawValueError(f"{value!r} is not a finite number")
    if float(value).is_integer():
        return Source(f"{int(value):_}")
    return literal(float(f"{value:.6g}"))


def identifier(name: str) -> Source:
    """Return a name as an identifier.

    Raises
    ------
    RawValueError
        If the name is not a valid identifier.
    """
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise RawValueError(f"{name!r} is not a valid identifier")
    return Source(name)


def member(value: Enum) -> Source:
    """Return the source of an enum member, such as `Task.BINARY`."""
    return Source(f"{identifier(type(value).__name__)}.{identifier(value.name)}")


def prose(text: str) -> Source:
    r"""Return text for a docstring or comment: one line that cannot end it or control a tool.

    Non-ASCII letters are escaped as in `\u00fc`, which a docstring evaluates to the letter.
    """
    line = one_line(text).translate(_NO_DOCSTRING)
    harmless = _TO_EDITORS.sub(lambda found: f"{found[0][:-1]} {found[0][-1]}", line)
    spelled = _NOT_PLAIN.sub(lambda found: _escaped(found[0]), harmless)
    return Source(" ".join(spelled.split()) or "?")


def one_line(text: str) -> str:
    """Return text on one line, without invisible characters such as bidirectional controls."""
    seen = (letter if letter.isprintable() else " " for letter in text)
    return " ".join("".join(seen).split())


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _last_escaped(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}\\x{ord(found[0][-1]):02x}"


def _escaped(letter: str) -> str:
    r"""Escape with `\u` or `\U`, the only escapes allowed in a docstring (ruff D301)."""
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x1_0000 else f"\\U{code:08x}"  # noqa: PLR2004  # first plane


def _printed(value: object, place: str) -> Source:
    if isinstance(value, Source):
        return value
    if type(value) in (int, float) and _is_finite(value):
        return Source(value)
    raise RawValueError(f"{place} prints a raw {type(value).__name__}, not Python source")


class _SourceOnly(Extension):
    """Jinja extension that checks the value of every `{{ ... }}` before it is printed."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Replace `{{ expression }}` by `{{ (expression) | _printed(place) }}`."""
        expression: list[str] = []
        for token in stream:
            if token.type == "variable_end":
                place = f"{stream.name}: {{{{ {' '.join(expression)} }}}}"
                yield from _check(token.lineno, place)
            yield token
            expression = [] if token.type == "variable_begin" else [*expression, str(token.value)]
            if token.type == "variable_begin":
                yield Token(token.lineno, "lparen", "(")


def _check(line: int, place: str) -> Iterator[Token]:
    yield Token(line, "rparen", ")")
    yield Token(line, "pipe", "|")
    yield Token(line, "name", _printed.__name__)
    yield Token(line, "lparen", "(")
    yield Token(line, "string", place)
    yield Token(line, "rparen", ")")
