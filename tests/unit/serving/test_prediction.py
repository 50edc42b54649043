"""What a score means to the caller."""

import pytest

from modelfleet.catalogue import find
from modelfleet.evaluation.scorer import Scores
from modelfleet.serving.answers import outcomes
from modelfleet.serving.tasks.binary import Risk, classify
from modelfleet.serving.tasks.multiclass import choose_class
from modelfleet.serving.tasks.regression import estimate
from modelfleet.spec.errors import ScoringError
from modelfleet.statistics.decision_rule import PredictionInterval
from tests.fleet.graded.spec import SPEC as GRADED
from tests.serving import manifest


@pytest.mark.parametrize(
    ("score", "label", "risk"),
    [
        (0.0, 0, "LOW"),
        (0.3, 0, "LOW"),
        (0.3999, 0, "LOW"),
        (0.4, 1, "MEDIUM"),
        (0.6999, 1, "MEDIUM"),
        (0.7, 1, "HIGH"),
    ],
)
def test_the_threshold_and_the_bands_include_their_lower_end(
    score: float, label: int, risk: Risk
) -> None:
    """A score on a limit belongs to what begins there."""
    made = classify(score, 0.4)
    assert (made.label, made.risk, made.probability) == (label, risk, score)


@pytest.mark.parametrize(
    ("score", "guess"),
    [(0.0, False), (0.4, False), (0.4001, True), (0.5, True), (0.5999, True), (0.6, False)],
)
def test_a_score_around_a_half_is_a_guess(score: float, guess: bool) -> None:
    """Confidence is how likely the likelier class is, wherever the threshold lies."""
    assert classify(score, 0.1).low_confidence is guess
    assert classify(1.0, 0.1).low_confidence is False


@pytest.mark.parametrize(("score", "probability"), [(1.0000001, 1.0), (-1e-9, 0.0)])
def test_a_rounding_error_is_no_probability(score: float, probability: float) -> None:
    """Probabilities stay within [0, 1] though float32 sums overshoot."""
    assert classify(score, 0.5).probability == probability


def test_an_interval_may_scale_with_the_value() -> None:
    """A relative interval is that share of the predicted value on either side."""
    interval = PredictionInterval(level=0.8, lower_offset=-0.1, upper_offset=0.2, scale="relative")
    made = estimate(1000.0, interval)
    assert made == (1000.0, 900.0, 1200.0, 0.8)
    assert made.low_confidence is None


def test_the_likeliest_class_is_named() -> None:
    """The first of equals, with the probability of each in the classes' order."""
    made = choose_class([0.2, 0.4, 0.4000000], ["a", "b", "c"])
    assert made == ("b", 0.4, {"a": 0.2, "b": 0.4, "c": 0.4})
    assert list(made.probabilities) == ["a", "b", "c"]
    assert made.score == 0.4
    assert choose_class([1.0000001, -1e-9, 0.0], ["a", "b", "c"]).probability == 1.0


@pytest.mark.parametrize(("classes", "limit"), [(3, 1 / 3 + 0.2 * 2 / 3), (4, 0.4), (10, 0.28)])
def test_a_guess_among_many_is_less_sure(classes: int, limit: float) -> None:
    """Of more classes a smaller probability is more than a guess: a fifth of the way from one."""
    names = [str(number) for number in range(classes)]
    for probability, guess in ((limit - 1e-6, True), (limit + 1e-6, False)):
        rest = (1 - probability) / (classes - 1)
        made = choose_class([probability, *[rest] * (classes - 1)], names)
        assert made.low_confidence is guess


@pytest.mark.parametrize("scores", [[0.5], [[0.5, 0.5]], [[0.2] * 5]])
def test_each_class_needs_its_number(scores: Scores) -> None:
    """A model that answers otherwise than its manifest says is no model of these classes."""
    with pytest.raises(ScoringError, match="each of 4 classes"):
        outcomes(manifest(GRADED, "1", b""), scores)
    assert outcomes(manifest(GRADED, "1", b""), []) == []


def test_two_classes_have_one_number() -> None:
    """A row of several is no probability of the positive class."""
    with pytest.raises(ScoringError, match="2 scores for a row"):
        outcomes(manifest(find("telecom"), "1", b""), [[0.5, 0.5]])
