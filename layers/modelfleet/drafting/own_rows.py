"""Which rows of a table a generator is not to draw: all of them, if others are left."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from modelfleet.drafting import limits
from modelfleet.tables.encode import as_rows
from models.fingerprints import Fingerprints
from models.imitation import Likeness

_SEED = 0
_TRIED = 2_000
# Which rows are not to be drawn: those that fewer than so many share; and how many of all draws
# may fall on them. None of the table's rows are, where that changes little. Else those are not that
# few people have, as long as there are others at all.
_LEVELS = ((math.inf, 0.1), (limits.CATEGORY_ROWS_MINIMUM, 0.8), (2, 0.8))
ALL_MAY_BE_DRAWN = 1


def without_own_rows(likeness: Likeness, rows: pd.DataFrame) -> tuple[Likeness, float]:
    """Have a generator draw no row of its table, as far as the table leaves it others.

    Parameters
    ----------
    likeness
        What the generator knows.
    rows
        The table's features, as a data set holds them.

    Returns
    -------
    tuple
        The generator with the fingerprints of the rows that it is not to draw; and how many rows
        must be alike for them to be drawn all the same: infinity, 5, 2, or `ALL_MAY_BE_DRAWN`.
    """
    counts = Counter(tuple(row.values()) for row in as_rows(rows, likeness.names))
    drawn = likeness.draw(np.random.default_rng(_SEED), _TRIED).rows()
    for level, most in _LEVELS:
        own = {row for row, count in counts.items() if count < level}
        if sum(row in own for row in drawn) <= most * _TRIED:
            return replace(likeness, own=Fingerprints.of(list(own))), level
    return likeness, ALL_MAY_BE_DRAWN
