"""What a score means to the caller."""

import pytest

from modelfleet.domain.bundle import PredictionInterval
from modelfleet.domain.prediction import classify, estimate
from modelfleet.domain.risk import Risk


@pytest.mark.parametrize(
    ("score", "label", "risk"),
    [
        (0.0, 0, "LOW"),
        (0.2999, 0, "LOW"),
        (0.3, 0, "MEDIUM"),
        (0.3999, 0, "MEDIUM"),
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
