"""Groups of rows: what is stored of them, and which rows they keep on one side."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from modelfleet.datasets.manifest import canonical
from modelfleet.datasets.row_bytes import each_bytes
from modelfleet.outcomes.keyed_hash import keyed_hash
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.rows import Row, Rows, Texts
from modelfleet.tables.validate import ValidatedRows

GroupKey = Callable[[], bytes]
"""Returns the stage's secret key; only called for models with a group."""

_PURPOSE = "modelfleet group 1"


def group_hashes(spec: ModelSpec, values: Sequence[Any], key: GroupKey | None) -> list[str | None]:
    """Return the `keyed_hash` of each group.

    Parameters
    ----------
    spec
        A model with a group.
    values
        Group of each row as in the file, `None` if missing; length n.
    key
        The stage's secret key.

    Raises
    ------
    DatasetError
        If there is no key.
    """
    if key is None:
        raise DatasetError(f"{spec.name}: storing the group {spec.group} requires a secret key")
    secret = key()
    known = {
        value: keyed_hash(_PURPOSE, spec.name, secret, value)
        for value in set(values)
        if value is not None
    }
    return [None if value is None else known[value] for value in values]


def with_adopted_groups(spec: ModelSpec, rows: ValidatedRows) -> ValidatedRows:
    """Put rows without a group into the group of a row with the same features, if there is one.

    Predictions that are joined have no group. Without this, a repeated row could be trained on as
    one and tested on as the other.
    """
    if spec.group is None:
        return rows
    own = rows.accepted.columns[GROUP].to_list()
    if None not in own:
        return rows
    features = [*each_bytes(rows.accepted, spec.feature_names)]
    groups: dict[bytes, str] = {}
    for key, group in zip(features, own, strict=True):
        if group is not None:
            groups[key] = min(group, groups.get(key, group))
    adopted = [
        groups.get(key) if group is None else group
        for key, group in zip(features, own, strict=True)
    ]
    columns = {**rows.accepted.columns, GROUP: Texts.of(adopted)}
    return replace(rows, accepted=replace(rows.accepted, columns=columns))


def row_keys(spec: ModelSpec, rows: Sequence[Row]) -> Iterable[bytes]:
    """Yield the `row_key` of each row."""
    if not isinstance(rows, Rows):
        return (row_key(spec, row) for row in rows)
    features = each_bytes(rows, spec.feature_names)
    if spec.group is None:
        return features
    groups = rows.columns[GROUP].to_list()
    return (
        key if group is None else str(group).encode()
        for key, group in zip(features, groups, strict=True)
    )


def row_key(spec: ModelSpec, row: Row) -> bytes:
    """Return what decides a row's side: its group, or its features if it has none."""
    group = row.get(GROUP) if spec.group is not None else None
    return features_key(spec, row) if group is None else str(group).encode()


def features_key(spec: ModelSpec, row: Row) -> bytes:
    """Encode the features of a row so that equal features have equal bytes."""
    return canonical({name: row[name] for name in spec.feature_names if name in row})
