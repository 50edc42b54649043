"""Python source text, made of values that need not be any: all that a template here may print."""

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
# Editors obey such words in the first lines of a file: Emacs `-*- ... -*-`, Vim `vim: set ...`.
_TO_EDITORS = re.compile(r"-(?=\*-)|(?<!\S)(?:vim?|ex)(?=[<=>]?\d*:)", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


class RawValueError(TypeError):
    """A template prints a value that no function of this module has made source of."""


class Source(str):
    """Python source, and nothing but ASCII.

    What any method of a string makes of it is a plain string again, which no template prints.
    """

    __slots__ = ()


def environment(templates: Path) -> Environment:
    """Templates of Python files, which print nothing but `Source` and numbers."""
    # What is written is Python, in which nothing of HTML is escaped.
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
    """A value as it reads back as itself, whole numbers without a point.

    Raises
    ------
    RawValueError
        If it is of a kind that has no literal, such as a class of somebody's own, or infinity.
    """
    if isinstance(value, Mapping):
        pairs = (f"{literal(key)}: {literal(each)}" for key, each in value.items())
        return Source(f"{{{', '.join(pairs)}}}")
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return Source(f"({inner},)" if len(value) == 1 else f"({inner})")
    # Of exactly these kinds: what a class of somebody's own says of itself may be any text.
    if type(value) is float and value.is_integer():
        return Source(int(value))
    if type(value) in (str, int, bool, type(None)) or (type(value) is float and _is_finite(value)):
        # `repr` would keep letters that look like others, or that turn the order of a line around.
        return Source(ascii(value))
    raise RawValueError(f"{value!r}: a {type(value).__name__} has no literal")


def number(value: float | None) -> Source:
    """A number as a person writes it: 10_000 and 0.05.

    Raises
    ------
    RawValueError
        If it is no finite number.
    """
    if value is None:
        return Source("None")
    if not _is_finite(value):
        raise RawValueError(f"{value!r} is no finite number")
    if float(value).is_integer():
        return Source(f"{int(value):_}")
    return literal(float(f"{value:.6g}"))


def identifier(name: str) -> Source:
    """A name that Python may call something by.

    Raises
    ------
    RawValueError
        If Python cannot.
    """
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise RawValueError(f"{name!r} is no name in Python")
    return Source(name)


def member(value: Enum) -> Source:
    """A member of an enumeration, by the names of both."""
    return Source(f"{identifier(type(value).__name__)}.{identifier(value.name)}")


def prose(text: str) -> Source:
    r"""Words within a docstring or a comment: one line that ends neither and commands no tool.

    Letters beyond ASCII are spelled as `\u00fc`, which a docstring reads back as they are.
    """
    line = one_line(text).translate(_NO_DOCSTRING)
    harmless = _TO_EDITORS.sub(r"\g<0> ", line)
    spelled = _NOT_PLAIN.sub(lambda found: _escaped(found[0]), harmless)
    return Source(" ".join(spelled.split()) or "?")


def one_line(text: str) -> str:
    """Words on one line, without what nobody sees, such as marks that turn the order around."""
    seen = (letter if letter.isprintable() else " " for letter in text)
    return " ".join("".join(seen).split())


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _escaped(letter: str) -> str:
    r"""As `\u` or `\U`: a docstring may hold no other escapes (ruff D301)."""
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x1_0000 else f"\\U{code:08x}"  # noqa: PLR2004  the first plane


def _printed(value: object, place: str) -> Source:
    if isinstance(value, Source):
        return value
    if type(value) in (int, float) and _is_finite(value):
        return Source(value)
    raise RawValueError(f"{place} prints a raw {type(value).__name__}, which is no Python source")


class _SourceOnly(Extension):
    """Has the value of every `{{ ... }}` examined before it is printed."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Make `{{ (expression) | _printed(place) }}` of `{{ expression }}`."""
        expression: list[str] = []
        for token in stream:
            if token.type == "variable_end":
                place = f"{stream.name}: {{{{ {' '.join(expression)} }}}}"
                yield from _examined(token.lineno, place)
            yield token
            expression = [] if token.type == "variable_begin" else [*expression, str(token.value)]
            if token.type == "variable_begin":
                yield Token(token.lineno, "lparen", "(")


def _examined(line: int, place: str) -> Iterator[Token]:
    yield Token(line, "rparen", ")")
    yield Token(line, "pipe", "|")
    yield Token(line, "name", _printed.__name__)
    yield Token(line, "lparen", "(")
    yield Token(line, "string", place)
    yield Token(line, "rparen", ")")
