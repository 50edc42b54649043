"""The band of a probability never contradicts its label, whatever the threshold."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelfleet.serving.tasks.binary import Risk, classify, risk

_RANKS = {"LOW": 0, "MEDIUM": 1, "HIGH": 2}
shares = st.floats(0.0, 1.0)


@given(shares, shares)
@example(0.0, 0.0)
@example(1.0, 1.0)
@example(0.0, 1.0)
@example(1.0, 0.0)
@example(0.3, 0.3)
def test_a_band_goes_with_its_label(score: float, threshold: float) -> None:
    """A label of 0 is LOW and nothing else; a label of 1 never is."""
    made = classify(score, threshold)
    assert (made.label == 0) == (made.risk == "LOW")


@given(shares)
def test_the_threshold_itself_is_no_low_risk(threshold: float) -> None:
    """A score on the threshold has the label 1, and a band that says so."""
    made = classify(threshold, threshold)
    assert made.label == 1
    assert made.risk != "LOW"


@given(shares)
def test_certainty_is_high(threshold: float) -> None:
    """A probability of 1 has the highest band, even where the threshold is 1."""
    assert risk(1.0, threshold) == "HIGH"


@given(shares, shares, shares)
def test_a_band_never_falls_as_the_probability_rises(a: float, b: float, threshold: float) -> None:
    """Of two rows the likelier has no lower band."""
    lower, higher = sorted((a, b))
    assert _RANKS[risk(lower, threshold)] <= _RANKS[risk(higher, threshold)]


@pytest.mark.parametrize(
    ("probability", "threshold", "band"),
    [
        (0.29, 0.3, "LOW"),
        (0.3, 0.3, "MEDIUM"),
        (0.64, 0.3, "MEDIUM"),
        (0.65, 0.3, "HIGH"),
        (0.25, 0.2, "MEDIUM"),
        (0.75, 0.8, "LOW"),
        (0.0, 0.0, "MEDIUM"),
        (0.5, 0.0, "HIGH"),
    ],
)
def test_high_begins_halfway_to_certainty(probability: float, threshold: float, band: Risk) -> None:
    """From halfway between the threshold and 1, as the schema tells callers."""
    assert risk(probability, threshold) == band
