"""Paired tests of two models on the same rows."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import (
    REPLICATES,
    Measure,
    on_rows,
    percentile_interval,
    replicate,
)
from modelfleet.statistics.results import PairedTest

Values = NDArray[np.float64]


def bootstrap_tests(
    candidate: Mapping[Metric, Measure],
    champion: Mapping[Metric, Measure],
    strata: NDArray[np.generic],
    seed: int,
    replicates: int = REPLICATES,
    groups: NDArray[np.generic] | None = None,
) -> dict[Metric, PairedTest]:
    """Compare two models metric by metric on the same resamples of the rows.

    The interval is the percentile interval of the difference, and the p-value is twice the share of
    replicates on the other side of 0 (Efron and Tibshirani 1993, chapters 13 and 15).

    Parameters
    ----------
    candidate, champion
        Metrics of each model as functions of row weights, over the same rows.
    strata
        Stratum of each row, shape (n,).
    seed, replicates
        Seed and number of the resamples.
    groups
        Group of each row, shape (n,), if rows of a group are not independent.
    """
    differences: dict[Metric, Measure] = {
        metric: _difference(candidate[metric], champion[metric]) for metric in candidate
    }
    drawn = replicate(differences, strata, seed, replicates, groups)
    return {
        metric: _bootstrap_test(metric, candidate[metric], champion[metric], values, strata.size)
        for metric, values in drawn.items()
    }


def mcnemar_test(y: Values, candidate: Values, champion: Values) -> PairedTest:
    """Test whether two classifiers have the same accuracy on the same rows.

    The exact test: under the null hypothesis, of the rows that only one classifier gets right, each
    gets half (McNemar 1947; Dietterich 1998, section 3.1).

    Parameters
    ----------
    y, candidate, champion
        Outcomes and both models' decisions, 0.0 and 1.0, shape (n,).
    """
    right, champion_right = candidate == y, champion == y
    only_candidate = int((right & ~champion_right).sum())
    only_champion = int((champion_right & ~right).sum())
    discordant = only_candidate + only_champion
    p_value = float(binomtest(only_candidate, discordant).pvalue) if discordant else 1.0
    return PairedTest(
        name="McNemar",
        metric="accuracy",
        candidate=float(right.mean()),
        champion=float(champion_right.mean()),
        difference=float(right.mean() - champion_right.mean()),
        p_value=p_value,
    )


def _difference(candidate: Measure, champion: Measure) -> Measure:
    return lambda weights: candidate(weights) - champion(weights)


def _bootstrap_test(
    metric: Metric, candidate: Measure, champion: Measure, drawn: Values, rows: int
) -> PairedTest:
    lower, upper = percentile_interval(drawn)
    values = on_rows(candidate, rows), on_rows(champion, rows)
    return PairedTest(
        name="paired bootstrap",
        metric=metric,
        candidate=values[0],
        champion=values[1],
        difference=values[0] - values[1],
        lower=lower,
        upper=upper,
        p_value=_p_value(drawn),
    )


def _p_value(drawn: Values) -> float:
    """Return twice the smaller tail, plus one because the sample itself is a replicate too."""
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2.0 * (tail + 1) / (drawn.size + 1))
