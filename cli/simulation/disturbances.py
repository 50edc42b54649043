"""How simulated traffic differs from normal traffic, parsed from command line options."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from cli.output.errors import FleetError
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import ModelSpec

_NUMBER = r"\d+(\.\d+)?"
_ADDED = re.compile(rf"[+-]?{_NUMBER}")
_SHARE = re.compile(rf"(?P<category>.+):(?P<share>{_NUMBER})")
_PLAIN = re.compile(_NUMBER)

Moves = dict[str, float | Mapping[str, float]]


@dataclass(frozen=True)
class Disturbances:
    """How rows differ from normal traffic.

    `shift` moves features before the target is drawn, `concept` the relation between them.
    Afterwards, `new_categories` replaces a column's category in a share of rows, and `missing`
    removes a share of a column's values.
    """

    shift: Moves = field(default_factory=dict)
    concept: Moves = field(default_factory=dict)
    new_categories: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)


def read_disturbances(
    spec: ModelSpec,
    shift: Sequence[str],
    concept: Sequence[str],
    new_categories: Sequence[str],
    missing: Sequence[str],
) -> Disturbances:
    """Parse the options.

    Raises
    ------
    FleetError
        If one is malformed, names an unknown feature, or has an invalid share.
    """
    return Disturbances(
        shift=_moves(spec, "--shift", shift),
        concept=_moves(spec, "--concept", concept),
        new_categories=_new_categories(spec, new_categories),
        missing=_missing(spec, missing),
    )


def _moves(spec: ModelSpec, option: str, texts: Sequence[str]) -> Moves:
    moves: Moves = {}
    for text in texts:
        column, change = _split(spec, option, text, "Age=+12 or Geography=Germany:0.8")
        if _ADDED.fullmatch(change):
            moves[column] = float(change)
        elif found := _SHARE.fullmatch(change):
            before = moves.get(column)
            named = before if isinstance(before, Mapping) else {}
            moves[column] = {**named, found["category"]: _part(option, text, found["share"])}
        else:
            _malformed(option, text, "Age=+12 or Geography=Germany:0.8")
    return moves


def _new_categories(spec: ModelSpec, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    option, example = "--new-category", "Geography=Italy:0.2"
    categories: dict[str, dict[str, float]] = {}
    kinds = {column.name: column.kind for column in spec.features.columns()}
    for text in texts:
        column, change = _split(spec, option, text, example)
        found = _SHARE.fullmatch(change) or _malformed(option, text, example)
        if kinds[column] is not ColumnKind.CATEGORY:
            kind = "date" if kinds[column] is ColumnKind.DATE else "number"
            raise FleetError(f"invalid {option} {text}: {column} is a {kind}, not a category")
        share = _part(option, text, found["share"])
        categories.setdefault(column, {})[found["category"]] = share
    return categories


def _missing(spec: ModelSpec, texts: Sequence[str]) -> dict[str, float]:
    option, example, shares = "--missing", "Age=0.3", dict[str, float]()
    for text in texts:
        column, change = _split(spec, option, text, example)
        if not _PLAIN.fullmatch(change):
            _malformed(option, text, example)
        shares[column] = _part(option, text, change)
    return shares


def _split(spec: ModelSpec, option: str, text: str, example: str) -> tuple[str, str]:
    """Split into column and change; a column's name may contain any character."""
    known = [name for name in spec.feature_names if text.startswith(f"{name}=")]
    if known:
        column = max(known, key=len)
        return column, text[len(column) + 1 :]
    named, separator, _ = text.partition("=")
    if not separator:
        _malformed(option, text, example)
    raise FleetError(
        f"invalid {option} {text}: {spec.name} has no feature {named}; its features are: "
        f"{', '.join(spec.feature_names)}"
    )


def _part(option: str, text: str, written: str) -> float:
    share = float(written)
    if share > 1.0:
        raise FleetError(f"invalid {option} {text}: a share must be between 0 and 1")
    return share


def _malformed(option: str, text: str, example: str) -> NoReturn:
    raise FleetError(f"invalid {option} {text}; use the form {option} {example}")
