"""Column checks: missing values, constants, leakage, changes since the parent version."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from modelfleet.datasets.column_bars import bars_of, drift
from modelfleet.datasets.data_report import ColumnReport, DataReport, Finding, Status, judged
from modelfleet.spec.data_limits import Check, DataLimits, Limit
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.folds import Keys
from modelfleet.statistics.leakage import predictive_power
from modelfleet.statistics.reference_profile import NumberProfile
from modelfleet.tables.arrays import DataArrays, Profile, Values, as_numbers, describe
from modelfleet.tables.columns.arrow_cells import taken
from modelfleet.tables.fold_keys import fold_keys
from modelfleet.tables.validate import ValidatedRows

# Columns with at least this share of equal values are considered copies.
_COPY = 0.99
_COMPARED_ROWS = 100_000
_SEED = 0


def column_reports(
    spec: ModelSpec, rows: ValidatedRows, arrays: DataArrays, previous: DataReport | None
) -> tuple[ColumnReport, ...]:
    """Return the statistics of each feature, followed by those of the target."""
    before = {column.name: column for column in previous.columns} if previous else {}
    rejected: dict[str, int] = {}
    for (name, _), count in rows.faults.items():
        rejected[name] = rejected.get(name, 0) + count
    target = spec.target
    groups = _groups(spec, rows, arrays)
    described = [
        *((column.name, column.description, column.unit) for column in spec.features.columns()),
        (target.column, target.description, target.unit),
    ]
    return tuple(
        _report(
            spec, arrays, groups, (name, description, unit), rejected.get(name, 0), before.get(name)
        )
        for name, description, unit in described
    )


def column_findings(
    spec: ModelSpec,
    columns: Sequence[ColumnReport],
    previous: DataReport | None,
    rows: int,
    limits: DataLimits,
) -> Iterator[Finding]:
    """Yield the findings about each column, and about its change since the parent version."""
    for column in columns:
        yield from _own_findings(spec, column, limits)
        if previous is not None:
            yield from _changes(spec, column, previous, rows, limits)


def formerly_afterwards(spec: ModelSpec, declared_before: Sequence[str]) -> Iterator[Finding]:
    """Yield features that the parent version declared as known only after the outcome."""
    cleared = spec.data_limits.cleared
    for name in spec.feature_names:
        if name in declared_before and name not in cleared:
            told = (
                "it was declared as known only after the outcome, so it leaks the target; "
                "if it is known before, name it in data_limits.cleared"
            )
            yield _refusal(name, told, 1.0)


def afterwards_copies(
    spec: ModelSpec,
    columns: Mapping[str, Sequence[str | None]],
    afterwards: Mapping[str, Sequence[str | None]],
) -> Iterator[Finding]:
    """Yield features that copy a column known only after the outcome.

    Parameters
    ----------
    spec
        The model.
    columns, afterwards
        Raw text of each column, all of equal length.
    """
    if not afterwards:
        return
    rows = len(next(iter(afterwards.values())))
    # In a large table, a sample of the rows shows a copy as well.
    places = np.sort(np.random.default_rng(_SEED).permutation(rows)[:_COMPARED_ROWS])
    leaks = {leak: taken(values, places) for leak, values in afterwards.items()}
    for name in spec.feature_names:
        own = [*taken(columns[name], places)]
        for leak, values in leaks.items():
            share = _equal_share(own, values)
            if share >= _COPY and name not in spec.data_limits.cleared:
                told = (
                    f"{share:.1%} of its values are those of {leak}, "
                    "which is known only after the outcome"
                )
                yield _refusal(name, told, share)


def _groups(spec: ModelSpec, rows: ValidatedRows, arrays: DataArrays) -> Keys | None:
    """Return the group of each row; rows with equal features are one group."""
    frame = pd.DataFrame(dict(arrays.columns))
    if spec.group is not None:
        frame[GROUP] = [row.get(GROUP) for row in rows.accepted]
    return fold_keys(spec, frame).groups


def _report(
    spec: ModelSpec,
    arrays: DataArrays,
    groups: Keys | None,
    described: tuple[str, str, str | None],
    rejected: int,
    before: ColumnReport | None,
) -> ColumnReport:
    name, description, unit = described
    is_target = name == spec.target.column
    values: Values = arrays.target if is_target else arrays.columns[name]
    profile_before: Profile | None = before.profile if before else None
    profile = describe(values)
    return ColumnReport(
        name=name,
        role="target" if is_target else "feature",
        description=description,
        unit=unit,
        rejected=rejected,
        leakage=None
        if is_target
        else predictive_power(as_numbers(values), arrays.y, spec.task, groups),
        psi=drift(profile_before, values, profile) if profile_before else None,
        missing_before=profile_before.missing_share if profile_before else None,
        profile=profile,
        bars=bars_of(profile_before, values, profile),
    )


def _own_findings(spec: ModelSpec, column: ColumnReport, limits: DataLimits) -> Iterator[Finding]:
    missing = column.profile.missing_share
    if column.role == "feature":
        told = f"{missing:.1%} of its values are missing"
        yield judged(Check.MISSING, missing, limits.missing_share, told, column.name)
        yield _constant(column)
    if column.leakage is not None:
        limit = limits.leakage
        if column.name in limits.cleared:
            limit = Limit(warn=limit.warn)
        yield judged(Check.LEAKAGE, column.leakage, limit, _leak(spec, column), column.name)


def _leak(spec: ModelSpec, column: ColumnReport) -> str:
    measure = spec.task.kind.power_measure
    return f"predicts {spec.target.column} on its own ({measure} {column.leakage:.3f})"


def _constant(column: ColumnReport) -> Finding:
    """Warn about a constant column, which is useless but harmless.

    A column of one value and gaps is not constant but a flag, such as a ticked box.
    """
    profile = column.profile
    if isinstance(profile, NumberProfile):
        constant = profile.minimum is not None and profile.minimum == profile.maximum
    else:
        constant = len(profile.shares) == 1
    constant = constant and profile.missing_share == 0
    return Finding(
        check=Check.CONSTANT,
        status=Status.WARN if constant else Status.PASS,
        column=column.name,
        message="it never varies" if constant else "it varies",
        value=float(constant),
    )


def _changes(
    spec: ModelSpec, column: ColumnReport, previous: DataReport, rows: int, limits: DataLimits
) -> Iterator[Finding]:
    if column.missing_before is not None and column.role == "feature":
        missing = column.profile.missing_share
        told = (
            f"{missing:.1%} of its values are missing, {column.missing_before:.1%} "
            f"in version {previous.version}"
        )
        change = abs(missing - column.missing_before)
        yield judged(Check.MISSING_CHANGE, change, limits.missing_change, told, column.name)
    is_class = column.role == "target" and bool(spec.outcomes)
    if column.psi is not None and not is_class:
        # Expected PSI between samples of n and m rows from one population (see `stability_index`).
        chance = (_bins(column.profile) - 1) * (1 / max(rows, 1) + 1 / max(previous.rows, 1))
        told = f"its values have moved by a PSI of {column.psi:.2f} since {previous.version}"
        beyond = max(0.0, column.psi - chance)
        yield judged(Check.DRIFT, beyond, limits.drift, told, column.name)


def _bins(profile: Profile) -> int:
    return max(1, len(profile.shares))


def _refusal(column: str, message: str, value: float) -> Finding:
    return Finding(
        check=Check.AFTERWARDS, status=Status.FAIL, column=column, message=message, value=value
    )


def _equal_share(left: Sequence[str | None], right: Sequence[str | None]) -> float:
    """Return the share of equal values among rows where both columns have one."""
    pairs = [(a, b) for a, b in zip(left, right, strict=True) if a is not None and b is not None]
    values = {_plain(a) for a, _ in pairs}
    if len(values) < 2:  # noqa: PLR2004  # equal constants are no copies
        return 0.0
    return sum(_plain(a) == _plain(b) for a, b in pairs) / len(pairs)


def _plain(text: str) -> float | str:
    """Normalize a value, so that 7 equals 7.0."""
    try:
        return float(text)
    except ValueError:
        return text
