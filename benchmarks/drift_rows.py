"""Rows for both sides of the drift benchmark, and the reference profile."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import create_model

from modelfleet.spec.features import Features, number, open_category
from modelfleet.training.profile import reference_profile

ROWS, NUMBERS, CATEGORIES = 1_000_000, 15, 5
REFERENCE_ROWS = 100_000
REFERENCE, CURRENT, PROFILE = "reference.parquet", "current.parquet", "profile.json"
_NAMES = np.array([f"category{place}" for place in range(12)])
# Every fourth numeric column is shifted by this much, in its own unit.
_SHIFT = 0.5


def features() -> type[Features]:
    """Return the declaration of the columns."""
    low, high = -1e9, 1e9
    fields: dict[str, Any] = {
        f"number{place}": (
            float | None,
            number("A number", minimum=low, maximum=high, example=1.0, nullable=True),
        )
        for place in range(NUMBERS)
    }
    for place in range(CATEGORIES):
        fields[f"category{place}"] = (str, open_category("A category", example="category1"))
    return create_model("Wide", __base__=Features, **fields)


def draw(rng: np.random.Generator, rows: int, *, moved: bool) -> pd.DataFrame:
    """Draw rows: normal, skewed, and integer columns with missing values, and categories."""
    drawn: dict[str, NDArray[Any]] = {}
    for place in range(NUMBERS):
        values = rng.lognormal(3, 1, rows) if place % 3 == 0 else rng.normal(size=rows)
        values = values.round(4 if place % 5 else 0)
        values[rng.random(rows) < place % 4 / 50] = np.nan
        drawn[f"number{place}"] = values + (_SHIFT if moved and place % 4 == 0 else 0.0)
    for place in range(CATEGORIES):
        weights = np.arange(1.0, _NAMES.size + 1) ** (2 if moved and place == 0 else 1)
        drawn[f"category{place}"] = rng.choice(_NAMES, rows, p=weights / weights.sum())
    return pd.DataFrame(drawn)


def main(folder: Path, result: Path) -> None:
    """Write the reference, its profile, and the current rows."""
    rng = np.random.default_rng(7)
    reference = draw(rng, REFERENCE_ROWS, moved=False)
    reference.to_parquet(folder / REFERENCE)
    draw(rng, ROWS, moved=True).to_parquet(folder / CURRENT)
    profile = reference_profile(features().columns(), reference, rng.beta(2, 5, REFERENCE_ROWS))
    (folder / PROFILE).write_text(profile.model_dump_json())
    result.write_text(json.dumps({}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
