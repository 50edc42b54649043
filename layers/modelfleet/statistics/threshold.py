"""Choice of the decision threshold by the rule that the model declares."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.model import ThresholdRule
from modelfleet.statistics.results import ThresholdChoice

Values = NDArray[np.float64]


def choose_threshold(y: Values, probability: Values, rule: ThresholdRule) -> float:
    """Choose the threshold on rows that the model was not fitted on.

    The threshold lies halfway between two neighbouring probabilities, so that no row lies on it. If
    no threshold satisfies the rule, the closest one is chosen: all rows for a minimum recall, the
    highest precision for a minimum precision.

    Parameters
    ----------
    y, probability
        Outcomes 0.0 and 1.0, and probabilities of the positive class, shape (n,).
    rule
        Objective and its value or costs.
    """
    if rule.objective == "fixed":
        return rule.value
    cuts, hits, called = _curve(y, probability)
    positives = max(float(y.sum()), 1.0)
    if rule.objective == "expected_cost":
        return _cheapest(rule, cuts, positives - hits, called - hits, positives)
    return float(cuts[_best(rule, hits / called, hits / positives)])


def describe_threshold(
    y: Values, probability: Values, rule: ThresholdRule, threshold: float
) -> ThresholdChoice:
    """Measure a threshold on the rows on which it was chosen, and describe the rule in words.

    Parameters
    ----------
    y, probability
        See `choose_threshold`.
    rule, threshold
        The rule and the threshold it chose.
    """
    called = probability >= threshold
    hits = float(y[called].sum())
    return ThresholdChoice(
        objective=rule.objective,
        threshold=threshold,
        rows=y.size,
        recall=hits / max(float(y.sum()), 1.0),
        precision=hits / max(int(called.sum()), 1),
        called_share=float(called.mean()),
        reason=_in_words(rule),
    )


def _in_words(rule: ThresholdRule) -> str:
    return {
        "fixed": "fixed by the model's spec",
        "recall_at_least": f"the best precision with a recall of at least {rule.value:g}",
        "precision_at_least": f"the best recall with a precision of at least {rule.value:g}",
        "f_beta": f"the best F-beta score (beta {rule.value:g})",
        "expected_cost": f"the lowest cost: a missed positive costs {rule.false_negative_cost:g}, "
        f"a false alarm {rule.false_positive_cost:g}",
    }[rule.objective]


def _cheapest(
    rule: ThresholdRule, cuts: Values, missed: Values, alarms: Values, positives: float
) -> float:
    """Return the cut with the lowest cost, or one above 1 if calling no row costs less."""
    costs = rule.false_negative_cost * missed + rule.false_positive_cost * alarms
    if rule.false_negative_cost * positives < costs.min():
        return float(np.nextafter(1.0, 2.0))
    return float(cuts[np.argmin(costs)])


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
    """Return descending cuts between distinct probabilities, with positives and rows above."""
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(y[order])
    last_of_ties = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
    next_lower = np.append(ranked[last_of_ties[:-1] + 1], 0.0)
    cuts = (ranked[last_of_ties] + next_lower) / 2.0
    return cuts, hits[last_of_ties], (last_of_ties + 1).astype(np.float64)
