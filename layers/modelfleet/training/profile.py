"""Profiles the training rows and the predictions on them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.features import Column, ColumnKind
from modelfleet.statistics.profiling import profile_categories, reference_numbers
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile, ReferenceProfile


def reference_profile(
    columns: tuple[Column, ...],
    train: pd.DataFrame,
    predictions: NDArray[np.float64],
    classes: tuple[str, ...] = (),
) -> ReferenceProfile:
    """Profile each feature over the training rows, and the predictions on held-out rows.

    A model's answers on its own training rows are bolder than those it will give in production.

    Parameters
    ----------
    columns, train
        The features, and the rows that were learned from.
    predictions
        Of the held-out rows, shape (n,), or (n, classes) of the named classes.
    classes
        The names of more than two classes.
    """
    label = None
    if classes:
        likeliest = np.array(classes, dtype=object)[predictions.argmax(axis=1)]
        label, predictions = profile_categories(likeliest), predictions.max(axis=1)
    return ReferenceProfile(
        rows=len(train),
        columns={column.name: _profile(column, train[column.name]) for column in columns},
        prediction=reference_numbers(predictions),
        label=label,
    )


def _profile(column: Column, values: pd.Series) -> NumberProfile | CategoryProfile:
    if column.kind is ColumnKind.CATEGORY:
        return profile_categories(values.to_numpy(dtype=object))
    return reference_numbers(values.to_numpy(dtype=np.float64))
