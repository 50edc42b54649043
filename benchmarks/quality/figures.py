"""The sides of the quality benchmark: mean rank and relative gap of each over tables and seeds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

FLEET = "modelfleet"
PLAIN = "HGB"
Errors = Mapping[str, float]


def gaps(runs: Sequence[Errors]) -> dict[str, float]:
    """Return each side's mean error relative to default histogram gradient boosting's."""
    return {side: fmean(run[side] / run[PLAIN] - 1.0 for run in runs) for side in runs[0]}


def summary(found: Sequence[Sequence[Errors]]) -> dict[str, dict[str, float]]:
    """Return mean rank (0 is best, 1 worst) and mean gap of each side, and its losses.

    A table is lost if the mean gap to default histogram gradient boosting is above 0 by more than
    two standard errors over the seeds.
    """
    ranks: dict[str, list[float]] = defaultdict(list)
    lost: dict[str, int] = defaultdict(int)
    for runs in found:
        for run in runs:
            order = sorted(run, key=lambda side: run[side])
            for side in run:
                ranks[side].append(order.index(side) / (len(order) - 1))
        for side in runs[0]:
            each = np.array([run[side] / run[PLAIN] - 1.0 for run in runs])
            error = each.std(ddof=1) / np.sqrt(each.size) if each.size > 1 else 0.0
            lost[side] += int(side != PLAIN and each.mean() > 2.0 * error)
    every = [gaps(runs) for runs in found]
    return {
        side: {
            "rank": fmean(ranks[side]),
            "gap": fmean(each[side] for each in every),
            "lost": lost[side],
        }
        for side in sorted(ranks, key=lambda side: (side != FLEET, fmean(ranks[side])))
    }
