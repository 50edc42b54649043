"""Row checks: schema violations, duplicates, contradictory labels."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from modelfleet.datasets.data_report import DataReport, Finding, RefusedRows, judged
from modelfleet.datasets.manifest import rejections
from modelfleet.spec.categories import accept_command
from modelfleet.spec.data_limits import Check, DataLimits, Limit
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.reference_profile import CategoryProfile
from modelfleet.tables.row_keys import row_keys
from modelfleet.tables.rows import Rows, values_of
from modelfleet.tables.validate import ValidatedRows

_REFUSED_MAXIMUM = 20
_REFUSED_ROWS_MINIMUM = 5


def row_findings(spec: ModelSpec, rows: ValidatedRows, limits: DataLimits) -> Iterator[Finding]:
    """Yield findings about schema violations, duplicates, conflicting labels, and class balance."""
    yield from _schema_findings(spec, rows, limits.rejected_share)
    if not rows.accepted:
        return
    yield _duplicates(spec, rows.accepted, limits.duplicate_share)
    if spec.task.kind.conflict:
        yield _conflicts(spec, rows.accepted, limits.conflict_share)
    yield _classes(spec, rows.accepted, limits.majority_share)


def change_findings(
    spec: ModelSpec, rows: Rows, previous: DataReport, limits: DataLimits
) -> Iterator[Finding]:
    """Yield findings about row counts and classes compared with the parent version."""
    lost = max(0.0, 1 - len(rows) / previous.rows) if previous.rows else 0.0
    told = f"{len(rows):,} rows, {previous.rows:,} in version {previous.version}"
    if lost:
        told += f": {lost:.0%} fewer"
    yield judged(Check.ROWS, lost, limits.rows_lost, told)
    if spec.classes and rows:
        yield from _class_change(spec, rows, previous, limits.positive_change)
    before = previous.positive_share
    now = spec.task.kind.positive_share(values_of(rows, spec.target.column))
    if before is not None and now is not None:
        told = f"{now:.1%} positive, {before:.1%} in version {previous.version}"
        column = spec.target.column
        yield judged(Check.CLASS_CHANGE, abs(now - before), limits.positive_change, told, column)


def refused_rows(rows: ValidatedRows) -> tuple[RefusedRows, ...]:
    """Return the most frequent values that no category lists; rare ones could identify a person."""
    often = sorted(rows.refused.items(), key=lambda item: -item[1])
    return tuple(
        RefusedRows(column=column, value=value, rows=count)
        for (column, value), count in often[:_REFUSED_MAXIMUM]
        if count >= _REFUSED_ROWS_MINIMUM
    )


def _schema_findings(spec: ModelSpec, rows: ValidatedRows, limit: Limit) -> Iterator[Finding]:
    refused = refused_rows(rows)
    total = len(rows.accepted) + len(rows.rejected)
    share = len(rows.rejected) / total if total else 0.0
    told = f"{len(rows.rejected):,} of {total:,} rows ({share:.1%}) are set aside"
    if most_often := rejections(rows.rejected)[:1]:
        told = f"{told}, most often for {most_often[0].told}"
    yield judged(Check.REJECTED, share, limit, told)
    for (column, check), count in sorted(rows.faults.items(), key=lambda item: -item[1]):
        told = f"{count:,} of {total:,} rows ({count / total:.1%}) {_BROKEN[check]}"
        found = judged(check, count / total, limit, told, column)
        most = next((each for each in refused if each.column == column), None)
        if check is Check.CATEGORIES and most is not None:
            command = accept_command(spec.name, column, most.value)
            told = f"{found.message}; most often {most.value!r} ({most.rows:,})"
            found = found.model_copy(update={"message": f"{told}; accept it with: {command}"})
        yield found


_BROKEN = {
    Check.TYPES: "hold no value of the column's type",
    Check.RANGES: "lie out of the declared range",
    Check.CATEGORIES: "hold a category that is not declared",
    Check.REQUIRED: "lack a value that the model needs",
}


def _duplicates(spec: ModelSpec, rows: Rows, limit: Limit) -> Finding:
    copies = len(rows) - np.unique(row_keys(rows, spec.data_columns)).size
    share = copies / len(rows)
    told = f"{copies:,} of {len(rows):,} rows ({share:.1%}) repeat another one"
    return judged(Check.DUPLICATES, share, limit, told)


def _conflicts(spec: ModelSpec, rows: Rows, limit: Limit) -> Finding:
    _, place = np.unique(row_keys(rows, spec.feature_names), return_inverse=True)
    names, labels = np.unique(row_keys(rows, [spec.target.column]), return_inverse=True)
    # A group with one label is one group of features and label.
    pairs = np.unique(place * names.size + labels) // names.size
    count = int(np.count_nonzero(np.bincount(pairs)[place] > 1))
    share = count / len(rows)
    told = (
        f"{count:,} of {len(rows):,} rows ({share:.1%}) have equal features with "
        f"{spec.task.kind.conflict}"
    )
    return judged(Check.CONFLICTS, share, limit, told, spec.target.column)


def _classes(spec: ModelSpec, rows: Rows, limit: Limit) -> Finding:
    counts = Counter(values_of(rows, spec.target.column))
    share = max(counts.values()) / len(rows)
    told = spec.task.kind.distribution(counts)
    return judged(Check.CLASSES, share, limit, told, spec.target.column)


def _class_change(
    spec: ModelSpec, rows: Rows, previous: DataReport, limit: Limit
) -> Iterator[Finding]:
    """Yield a finding about the class whose share changed most since the parent version."""
    name = spec.target.column
    profile = next((c.profile for c in previous.columns if c.name == name), None)
    if not isinstance(profile, CategoryProfile):
        return
    counts = Counter(values_of(rows, name))
    shares = {each: counts[each] / len(rows) for each in {*counts, *profile.shares}}
    moved = {each: abs(share - profile.shares.get(each, 0.0)) for each, share in shares.items()}
    most = max(sorted(moved), key=lambda each: moved[each])
    told = (
        f"{shares[most]:.1%} of the rows are {most}, {profile.shares.get(most, 0.0):.1%} "
        f"in version {previous.version}"
    )
    yield judged(Check.CLASS_CHANGE, moved[most], limit, told, name)
