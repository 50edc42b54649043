"""Sample of a large table, from which a model is planned."""

from dataclasses import replace

import numpy as np

from modelfleet.drafting import limits
from modelfleet.tables.columns.arrow_cells import taken
from modelfleet.tables.reader import Cells

_SEED = 0


def sampled(cells: Cells) -> Cells:
    """Return rows chosen at random, in the order of the file, or all if there are few enough.

    A plan of more rows is hardly different: shares are measured to within 0.3 percentage points.
    """
    rows = len(cells.lines)
    width = max(1, len(cells.columns))
    most = min(limits.PLANNED_ROWS_MAXIMUM, limits.PLANNED_CELLS_MAXIMUM // width)
    most = max(most, limits.PLANNED_ROWS_MINIMUM)
    if rows <= most:
        return cells
    chosen = np.sort(np.random.default_rng(_SEED).permutation(rows)[:most])
    return replace(
        cells,
        lines=tuple(np.array(cells.lines)[chosen].tolist()),
        columns=tuple(taken(column, chosen) for column in cells.columns),
        sampled_from=rows,
    )
