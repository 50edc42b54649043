"""Detection of the column that says which rows belong together."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.names import words
from modelfleet.drafting.personal_data import personal_data
from modelfleet.spec.errors import DatasetError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# What may have many rows, and what others of its kind should be predicted for.
_NOUNS = frozenset(
    {
        *("account", "animal", "applicant", "borrower", "buyer", "card", "cardholder", "case"),
        *("citizen", "client", "company", "contract", "customer", "device", "donor"),
        *("driver", "employee", "engine", "guest", "household", "individual", "loan", "machine"),
        *("member", "participant", "passenger", "patient", "person", "player", "policy"),
        *("policyholder", "respondent", "sensor", "session", "student", "subject", "subscriber"),
        *("subscription", "turbine", "user", "vehicle", "visitor", "worker"),
    }
)
_WHO = _NOUNS | frozenset(
    {
        *("cust", "kunde", "kunden", "patienten", "benutzer", "mitglied", "mitglieds", "konto"),
        *("cliente", "paciente", "usuario", "utente", "paziente", "adherent", "klant"),
    }
)
_IDENTIFIERS = frozenset({"id", "ids", "uid", "uuid", "guid", "identifier"})
_NUMBERS = frozenset({"number", "no", "nr", "num", "nummer", "key", "ref", "code", "hash"})
_PERSONAL = re.compile(r"e-mail|telephone|account number|official number|person's name")
# Codes such as C0042, 10-2231, or a UUID.
_CODE = re.compile(r"(?=.*\d)([A-Za-z]{0,4}[-_#]?\d{2,}(-\d+)*|[0-9A-Fa-f]{8}[0-9A-Fa-f-]{4,})")

# Fewer groups cannot be put on three sides of a split.
GROUPS_MINIMUM = 10
# A column with fewer values is more likely a category.
_OFFERED_MINIMUM = 20
_VALUE = "value"
_REPEATED_SHARE = 0.02
_CODES_SHARE = 0.95
_VALUES_LOOKED_AT = 2_000
# From these shares of variance between groups on, a model can tell whose a row is, and gains by it.
_FEATURE_BETWEEN = 0.8
_TARGET_BETWEEN = 0.2


@dataclass(frozen=True)
class GroupChoice:
    """The column that groups rows, and why; or one that might, if the user says so."""

    column: str
    reason: str
    is_taken: bool


def choose_group(
    known: Mapping[str, ColumnValues], target: str, y: Floats, aside: Sequence[str]
) -> GroupChoice | None:
    """Find an identifier that repeats.

    A name such as `customer_id` suffices, because other customers are to be predicted. Any other
    identifier, such as one of a product, counts only if the group tells both the features and the
    target, so that a model gains by recognizing it; otherwise it is a suggestion.

    Parameters
    ----------
    known
        Columns in the rows that have an outcome.
    target, y
        Name and values of the target, shape (rows,).
    aside
        Columns that the user keeps, drops, or uses as time.
    """
    candidates = [
        column
        for name, column in known.items()
        if name not in {target, *aside} and _repeats(column) and _rank(column)
    ]
    taken = [column for column in candidates if _rank(column) >= _SOMEBODY]
    taken += [c for c in candidates if c not in taken and _is_told(c, known, target, y)]
    if taken:
        column = _coarsest(sorted(taken, key=_rank, reverse=True))
        return GroupChoice(column.name, reason(column), is_taken=True)
    named = [column for column in candidates if _rank(column) == _IDENTIFIER]
    return GroupChoice(named[0].name, _counts(named[0]), is_taken=False) if named else None


def requested_group(column: ColumnValues) -> GroupChoice:
    """Accept the user's column.

    Raises
    ------
    DatasetError
        If it has too few values.
    """
    if (values := len(column.counts)) < GROUPS_MINIMUM:
        raise DatasetError(
            f"--group {column.name}: {values} values are too few to keep each on one side of a "
            f"split; {GROUPS_MINIMUM} are needed"
        )
    return GroupChoice(column.name, f"as requested; {reason(column)}", is_taken=True)


def reason(column: ColumnValues) -> str:
    """Describe a group: 150 customers, 20 rows each."""
    noun = _noun(column.name)
    rows = "rows with the same value" if noun == _VALUE else f"rows of one {noun}"
    return f"{_counts(column)}; {rows} stay on one side of each split"


def _counts(column: ColumnValues) -> str:
    noun = _noun(column.name)
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    sizes = column.counts.values()
    least, most = min(sizes), max(sizes)
    each = f"{most:,} rows each" if least == most else f"{least:,} to {most:,} rows each"
    return f"{len(sizes):,} {plural}, {each}"


def _noun(name: str) -> str:
    found = (*words(name), _compound(name))
    return next((word for word in found if word in _NOUNS), _VALUE)


def _compound(name: str) -> str | None:
    """Return the first part of a name such as `customerid`."""
    joined = "".join(words(name))
    for suffix in sorted(_IDENTIFIERS | _NUMBERS, key=len, reverse=True):
        if joined.endswith(suffix) and joined.removesuffix(suffix) in _WHO:
            return joined.removesuffix(suffix)
    return None


_NOTHING, _CODES, _IDENTIFIER, _PERSONAL_DATA, _SOMEBODY = range(5)


def _rank(column: ColumnValues) -> int:
    """Return how surely a column identifies what its rows are about."""
    parts = words(column.name)
    named = set(parts)
    # A customer number, or an ID of a client; but not a number of clients, or a client's age.
    numbered = bool(parts) and (parts[-1] in _IDENTIFIERS | _NUMBERS or parts[0] in _IDENTIFIERS)
    if _compound(column.name) or (named & _WHO and numbered):
        return _SOMEBODY
    if named and named <= _WHO | _IDENTIFIERS and _are_codes(column):
        return _SOMEBODY
    if _PERSONAL.search(personal_data(column) or ""):
        return _SOMEBODY if not numbered else _PERSONAL_DATA
    if named & _IDENTIFIERS:
        return _IDENTIFIER
    return _CODES if column.numbers is None and _are_codes(column) else _NOTHING


def _are_codes(column: ColumnValues) -> bool:
    if column.numbers is not None:
        return True
    texts = list(column.counts)[:_VALUES_LOOKED_AT]
    return sum(map(bool, map(_CODE.fullmatch, texts))) >= _CODES_SHARE * len(texts)


def _repeats(column: ColumnValues) -> bool:
    if column.date_format is not None or len(column.counts) < _OFFERED_MINIMUM:
        return False
    if column.numbers is not None and not np.array_equal(
        column.numbers, np.rint(column.numbers), equal_nan=True
    ):
        return False
    return column.distinct_share <= 1 - _REPEATED_SHARE


def _coarsest(columns: Sequence[ColumnValues]) -> ColumnValues:
    """Return the first column, or one that contains it: customers rather than their orders."""
    best = columns[0]
    for other in columns[1:]:
        if len(set(zip(best.texts, other.texts, strict=True))) == len(set(best.texts)):
            best = other
    return best


def _is_told(
    column: ColumnValues, known: Mapping[str, ColumnValues], target: str, y: Floats
) -> bool:
    """Whether the group tells the target, and a feature tells the group."""
    codes = np.unique(np.array([text or "" for text in column.texts]), return_inverse=True)[1]
    if _between(codes, y) < _TARGET_BETWEEN:
        return False
    return any(_between(codes, values) >= _FEATURE_BETWEEN for values in _measures(known, target))


def _measures(known: Mapping[str, ColumnValues], target: str) -> Iterator[Floats]:
    """Yield the columns whose values could tell groups apart."""
    for column in known.values():
        if column.name == target or len(column.counts) < _OFFERED_MINIMUM:
            continue
        if column.numbers is not None and not _rank(column):
            yield np.nan_to_num(column.numbers, nan=float(np.nanmean(column.numbers)))


def _between(codes: NDArray[np.integer], values: Floats) -> float:
    """Return the share of variance that is between groups, adjusted for their number."""
    rows, groups = values.size, int(codes.max()) + 1
    total = float(((values - values.mean()) ** 2).sum())
    if rows <= groups or total == 0.0:
        return 0.0
    sizes = np.maximum(np.bincount(codes, minlength=groups), 1)
    means = np.bincount(codes, weights=values, minlength=groups) / sizes
    within = float(((values - means[codes]) ** 2).sum())
    return 1 - (within / (rows - groups)) / (total / (rows - 1))
