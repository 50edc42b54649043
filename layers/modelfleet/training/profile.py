"""Reference profile of the training rows and of predictions on held-out rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.features import Column, ColumnKind, Input, profiled
from modelfleet.statistics.profiling import of_dates, profile_categories, reference_numbers
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile, ReferenceProfile
from modelfleet.tables.date_parts import profiled_numbers


def reference_profile(
    columns: tuple[Column, ...],
    train: pd.DataFrame,
    predictions: NDArray[np.float64],
    classes: tuple[str, ...] = (),
) -> ReferenceProfile:
    """Profile each feature over the training rows, and the predictions over held-out rows.

    Predictions on training rows are overconfident compared to those in production.

    Parameters
    ----------
    columns, train
        Features and training rows.
    predictions
        Predictions on held-out rows, shape (n,), or class probabilities, shape (n, classes).
    classes
        Class names of a multiclass model.
    """
    label = None
    if classes:
        likeliest = np.array(classes, dtype=object)[predictions.argmax(axis=1)]
        label, predictions = profile_categories(likeliest), predictions.max(axis=1)
    return ReferenceProfile(
        rows=len(train),
        columns={
            each.column.name: _profile(each, train[each.source.name]) for each in profiled(columns)
        },
        prediction=reference_numbers(predictions),
        label=label,
    )


def _profile(given: Input, values: pd.Series) -> NumberProfile | CategoryProfile:
    if given.source.kind is ColumnKind.CATEGORY:
        return profile_categories(values.to_numpy(dtype=object))
    if given.source.kind is ColumnKind.DATE:
        profile = reference_numbers(profiled_numbers(given, values))
        return of_dates(profile) if given.part is None else profile
    return reference_numbers(values.to_numpy(dtype=np.float64))
