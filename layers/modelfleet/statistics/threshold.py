"""Where to cut a probability into yes and no, by the rule that the model declares."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.domain.spec import ThresholdRule

Values = NDArray[np.float64]


def choose_threshold(y: Values, probability: Values, rule: ThresholdRule) -> float:
    """Choose the threshold on rows that the model was not fitted on.

    The cut lies halfway between two neighbouring probabilities, so that no row stands on it. A rule
    that no threshold fulfils gets the nearest: all rows for a recall, the best for a precision.

    Parameters
    ----------
    y, probability
        Outcomes 0.0 and 1.0 and probabilities of the positive class, shape (n,).
    rule
        What to reach.
    """
    if rule.objective == "fixed":
        return rule.value
    cuts, precision, recall = _curve(y, probability)
    return float(cuts[_best(rule, precision, recall)])


def _best(rule: ThresholdRule, precision: Values, recall: Values) -> int:
    if rule.objective == "recall_at_least":
        return _best_counterpart(recall, precision, rule.value)
    if rule.objective == "precision_at_least":
        return _best_counterpart(precision, recall, rule.value)
    return int(np.argmax(_f_beta(precision, recall, rule.value)))


def _best_counterpart(bound: Values, counterpart: Values, value: float) -> int:
    reached = bound >= min(value, bound.max())
    return int(np.argmax(np.where(reached, counterpart, -1.0)))


def _f_beta(precision: Values, recall: Values, beta: float) -> Values:
    below = beta**2 * precision + recall
    return np.where(
        below > 0, (1 + beta**2) * precision * recall / np.where(below > 0, below, 1.0), 0.0
    )


def _curve(y: Values, probability: Values) -> tuple[Values, Values, Values]:
    """Every cut between distinct probabilities, descending, with its precision and recall."""
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(y[order])
    last_of_ties = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
    next_lower = np.append(ranked[last_of_ties[:-1] + 1], 0.0)
    cuts = (ranked[last_of_ties] + next_lower) / 2.0
    found = hits[last_of_ties]
    return cuts, found / (last_of_ties + 1), found / max(float(hits[-1]), 1.0)
