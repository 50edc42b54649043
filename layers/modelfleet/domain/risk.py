"""The words that stand for a probability."""

from enum import StrEnum

MEDIUM_FROM = 0.3
HIGH_FROM = 0.7


class Risk(StrEnum):
    """How probable the positive class is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


def risk(probability: float) -> Risk:
    """The band of a probability: LOW below 0.3, MEDIUM below 0.7, HIGH from there on."""
    if probability < MEDIUM_FROM:
        return Risk.LOW
    return Risk.MEDIUM if probability < HIGH_FROM else Risk.HIGH
