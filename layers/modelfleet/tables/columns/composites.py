"""Texts that are no single number: durations, and two numbers in one cell."""

import re
from collections.abc import Sequence
from itertools import islice

_LOOKED_AT = 2_000
_SHARE = 0.98
_TIME = r"(?:d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|std\.?|tage?)"
_DURATION = re.compile(
    rf"""
    -?[0-9]{{1,4}}:[0-5]?[0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?
    |[0-9]+\ days?,?\ [0-9]{{1,2}}:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?
    |P(?=[0-9T])(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9.]+S)?)?
    |[0-9]+\s?{_TIME}(?:\s?[0-9]+\s?{_TIME})*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?\s?°?\s?[NSEW]?"
_PAIR = re.compile(
    rf"[(\[]?\s*{_NUMBER}\s*(?:[,;/x\u00d7]|\s)\s*{_NUMBER}\s*[)\]]?|POINT ?\(.+\)", re.IGNORECASE
)


def are_durations(texts: Sequence[str]) -> bool:
    """Return whether nearly all texts say how long something took, such as 35:12:09 or 1h 20m."""
    return _are(_DURATION, texts)


def are_pairs(texts: Sequence[str]) -> bool:
    """Return whether nearly all texts are two numbers, such as coordinates or 120/80."""
    return _are(_PAIR, texts)


def _are(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    sample = list(islice(texts, _LOOKED_AT))
    found = sum(pattern.fullmatch(text) is not None for text in sample)
    return bool(sample) and found >= _SHARE * len(sample)
