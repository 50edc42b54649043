"""The words that stand for a probability."""

from typing import Literal

# Words and no enum: they are in every answer and every log line, and writing an enum's member as
# JSON takes longer than writing all the rest of the row.
Risk = Literal["LOW", "MEDIUM", "HIGH"]

RULE = (
    "LOW below the threshold, where the label is 0; MEDIUM from the threshold; HIGH from halfway "
    "between the threshold and 1"
)


def risk(probability: float, threshold: float) -> Risk:
    """The band of a probability, which never contradicts the label; see decision record 0028.

    Fixed bands cannot keep that promise: a threshold is whatever reaches the recall that a model
    wants, 0.2 as well as 0.8.

    Parameters
    ----------
    probability, threshold
        Of the positive class, both from 0 to 1.
    """
    if probability < threshold:
        return "LOW"
    # Halved first: the sum of two numbers close to 1 may be rounded.
    return "MEDIUM" if probability < 0.5 * threshold + 0.5 else "HIGH"
