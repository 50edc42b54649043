"""Matching of a file's column names with those of a model, and suggestions of close matches."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from modelfleet.spec import words

_CUTOFF = 0.6


def folded(name: str) -> str:
    """Normalize a name, ignoring case, blanks, underscores, and how Unicode spells it."""
    return words.folded(name).replace("_", " ").replace(" ", "")


def match_names(header: Sequence[str], names: Iterable[str]) -> dict[str, int]:
    """Return the position of each name in a header, without absent and duplicated names.

    Exact matches take precedence; otherwise case, blanks, and underscores are ignored if the match
    is unique on both sides.
    """
    wanted = list(names)
    exact = {name: header.index(name) for name in wanted if header.count(name) == 1}
    taken = {*exact.values()}
    there = _by_spelling({n: c for n, c in enumerate(header) if n not in taken and c})
    asked = _by_spelling(dict(enumerate(name for name in wanted if name not in exact)))
    left = [name for name in wanted if name not in exact]
    found = {
        left[places[0]]: there[spelled][0]
        for spelled, places in asked.items()
        if len(places) == 1 and len(there.get(spelled, ())) == 1
    }
    return exact | {name: place for name, place in found.items() if name not in header}


def repeated(header: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return the names that match several columns of a header."""
    spelled = [folded(name) for name in header]
    return [
        name
        for name in names
        if header.count(name) > 1 or (name not in header and spelled.count(folded(name)) > 1)
    ]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the closest known name; `None` if none is close."""
    spelled: dict[str, str] = {}
    for each in known:
        spelled.setdefault(folded(each), each)
    found = get_close_matches(folded(name), list(spelled), n=1, cutoff=_CUTOFF)
    return spelled[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a suggestion to append to a message; empty if no known name is close."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found is not None else ""


def _by_spelling(names: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in names.items():
        found.setdefault(folded(name), []).append(place)
    return found
