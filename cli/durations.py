"""Durations as they are typed: `90m`, `24h`, `7d`."""

import re

from cli.output.errors import FleetError

_HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}
_SHORTEST_HOURS, _LONGEST_HOURS = 1 / 60, 31 * 24.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([mhd])")


def duration_hours(option: str, text: str) -> float:
    """The value of an option such as `--window 24h`, in hours.

    Raises
    ------
    FleetError
        If the text is no duration from a minute to 31 days.
    """
    found = _DURATION.fullmatch(text)
    hours = float(found[1]) * _HOURS[found[2]] if found else 0.0
    if not _SHORTEST_HOURS <= hours <= _LONGEST_HOURS:
        raise FleetError(
            f"invalid {option} {text}; use a duration from 1m to 31d, such as 90m, 24h, 7d"
        )
    return hours
