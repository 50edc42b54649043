"""The words that stand for a probability."""

from typing import Literal

# Words and no enum: they are in every answer and every log line, and writing an enum's member as
# JSON takes longer than writing all the rest of the row.
Risk = Literal["LOW", "MEDIUM", "HIGH"]

MEDIUM_FROM = 0.3
HIGH_FROM = 0.7


def risk(probability: float) -> Risk:
    """The band of a probability: LOW below 0.3, MEDIUM below 0.7, HIGH from there on."""
    if probability < MEDIUM_FROM:
        return "LOW"
    return "MEDIUM" if probability < HIGH_FROM else "HIGH"
