"""Matches a file's column names with those of a model, and suggests the nearest one."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

_CUTOFF = 0.6


def folded(name: str) -> str:
    """One spelling of names that differ in case, and in blanks and underscores alone."""
    return "".join(name.casefold().replace("_", " ").split())


def match_names(header: Sequence[str], names: Iterable[str]) -> dict[str, int]:
    """Where each name is in a header; names that are absent, or there twice, are left out.

    A name that is spelled exactly so comes first; elsewhere case and surrounding blanks do not
    matter, provided that one column alone and one name alone can be meant.
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
    """The names that a header has more than once, so that nobody knows which is meant."""
    spelled = [folded(name) for name in header]
    return [
        name
        for name in names
        if header.count(name) > 1 or (name not in header and spelled.count(folded(name)) > 1)
    ]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like another; `None` where none is."""
    spelled: dict[str, str] = {}
    for each in known:
        spelled.setdefault(folded(each), each)
    found = get_close_matches(folded(name), list(spelled), n=1, cutoff=_CUTOFF)
    return spelled[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question to end a message with; empty where no known name is like it."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found is not None else ""


def _by_spelling(names: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in names.items():
        found.setdefault(folded(name), []).append(place)
    return found
