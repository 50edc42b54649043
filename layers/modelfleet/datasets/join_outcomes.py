"""Creates a data set version from a parent and newly labelled predictions."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from modelfleet.datasets.manifest import DatasetManifest, Origin
from modelfleet.datasets.publish import Source, publish
from modelfleet.datasets.row_groups import with_adopted_groups
from modelfleet.datasets.store import DatasetStore
from modelfleet.outcomes.client_share import UNKNOWN, beyond_half
from modelfleet.outcomes.labelled_predictions import LabelledRow
from modelfleet.spec.errors import ConflictError, DatasetError
from modelfleet.spec.features import CLIENT, ORIGIN, PREDICTION_ID
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.documents import ATTEMPTS
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.rows import Rows
from modelfleet.tables.validate import Row, ValidatedRows, validate

SOURCE = "feedback"


def join_feedback(
    spec: ModelSpec,
    labelled: Iterable[LabelledRow],
    lake: ObjectStore,
    joined_by: str,
    now: datetime,
    parent: str | None = None,
) -> DatasetManifest:
    """Add labelled predictions to a version, as rows that record their origin.

    The operation is idempotent: the same feedback gives the same version. If a prediction was
    labelled several times, the last label wins, also over one in the parent.

    If another version becomes the newest in the meantime, it is used as the parent instead, so that
    no rows are lost. Each client contributes at most half of the version's rows: its oldest
    outcomes beyond that are left out, and the manifest counts them.

    Parameters
    ----------
    spec
        The model.
    labelled
        Feedback, oldest first.
    lake
        The lake bucket.
    joined_by, now
        User and time of the operation.
    parent
        Version to add to; the newest by default.

    Returns
    -------
    DatasetManifest
        Manifest of the new version, or of the parent if the feedback adds nothing.

    Raises
    ------
    DatasetError
        If there is no parent, or a check fails; nothing is stored.
    ConflictError
        If the newest version kept changing during all attempts.
    """
    store = DatasetStore(spec, lake)
    latest = {row.prediction_id: row for row in labelled}
    fresh = validate(spec, enumerate((_values(spec, row) for row in latest.values()), start=1))
    if parent is not None:
        return _join(store, fresh, joined_by, now, store.require(parent))
    for _ in range(ATTEMPTS):
        newest = store.require()
        try:
            return _join(store, fresh, joined_by, now, newest, over=newest)
        except ConflictError:
            continue
    raise ConflictError(f"{spec.name}: others keep loading data; try again")


def _join(
    store: DatasetStore,
    fresh: ValidatedRows,
    joined_by: str,
    now: datetime,
    version: str,
    over: str | None = None,
) -> DatasetManifest:
    manifest = store.manifest(version)
    if manifest is None:
        raise DatasetError(
            f"{store.spec.name}: data set version {version} is incomplete; {store.remedy}"
        )
    known = store.rows(version)
    rows, left_out = _capped(_joined(known, fresh))
    rows = with_adopted_groups(store.spec, rows)
    if _same(rows.accepted, known.accepted):
        store.point_to(version, over)
        return manifest
    source = Source(
        name=SOURCE,
        columns=store.spec.data_columns,
        generated=manifest.generated,
        left_out=left_out,
        table_format=manifest.table_format,
    )
    return publish(store, rows, source, joined_by, now, parent=version, replace=True, over=over)


def _values(spec: ModelSpec, row: LabelledRow) -> Row:
    apart = spec.time_apart
    time = {apart.column: apart.spell(row.predicted_at)} if apart else {}
    return {
        **row.features,
        spec.target.column: row.actual,
        **time,
        ORIGIN: Origin.FEEDBACK.value,
        PREDICTION_ID: row.prediction_id,
        CLIENT: row.client,
    }


def _joined(known: ValidatedRows, fresh: ValidatedRows) -> ValidatedRows:
    replaced = {row[PREDICTION_ID] for row in fresh.accepted}
    kept = _without(known.accepted, replaced)
    faults = dict(known.faults)
    for fault, count in fresh.faults.items():
        faults[fault] = faults.get(fault, 0) + count
    refused = Counter(known.refused) + Counter(fresh.refused)
    return ValidatedRows(
        kept.joined(fresh.accepted),
        (*known.rejected, *fresh.rejected),
        faults,
        refused,
        excluded=known.excluded + fresh.excluded,
    )


def _capped(rows: ValidatedRows) -> tuple[ValidatedRows, int]:
    """Drop the rows of a client beyond half of all rows, and return how many were dropped."""
    clients = {
        each[PREDICTION_ID]: each.get(CLIENT, UNKNOWN)
        for each in rows.accepted.origins
        if each is not None
    }
    excess = beyond_half(clients, others=len(rows.accepted) - len(clients))
    return replace(rows, accepted=_without(rows.accepted, excess)), len(excess)


def _without(rows: Rows, predictions: Collection[str]) -> Rows:
    """Return the rows that are not of these predictions."""
    kept = [each not in predictions for each in rows.recorded(PREDICTION_ID)]
    return rows.take(np.array(kept, dtype=np.bool_))


def are_feedback(rows: Sequence[Row]) -> NDArray[np.bool_]:
    """Return a mask of the rows that are feedback, shape (n,)."""
    if isinstance(rows, Rows):
        return np.array([each is not None for each in rows.origins], dtype=np.bool_)
    return np.array([row.get(ORIGIN) == Origin.FEEDBACK for row in rows], dtype=np.bool_)


def _same(rows: Rows, known: Rows) -> bool:
    """Return whether the parent already contains the feedback, in any order."""
    feedback = [
        sorted(part.take(are_feedback(part)), key=lambda row: str(row[PREDICTION_ID]))
        for part in (rows, known)
    ]
    return len(rows) == len(known) and feedback[0] == feedback[1]
