"""How often a schedule expression fires in a month of average length."""

import re
from datetime import timedelta

from cli.output.errors import FleetError

DAYS_A_MONTH = 365.25 / 12
HOURS_A_MONTH = DAYS_A_MONTH * 24
SECONDS_A_MONTH = HOURS_A_MONTH * 3600

_DAYS_A_WEEK = 7
_DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \S+\)")


def runs_a_month(expression: str) -> float:
    """The monthly number of runs of a `rate(…)` or `cron(…)` expression.

    Raises
    ------
    FleetError
        If the expression is neither.
    """
    if rate := _RATE.fullmatch(expression):
        every = timedelta(**{f"{rate[2]}s": int(rate[1])})
        return SECONDS_A_MONTH / every.total_seconds()
    if cron := _CRON.fullmatch(expression):
        minutes, hours, day, months, weekday = cron.groups()
        return (
            _chosen(minutes, range(60))
            * _chosen(hours, range(24))
            * _days(day, weekday)
            * _chosen(months, range(1, 13))
            / 12
        )
    raise FleetError(f"unsupported schedule expression: {expression}")


def _days(day: str, weekday: str) -> float:
    if weekday not in ("*", "?"):
        named = weekday
        for number, name in enumerate(_DAY_NAMES, start=1):
            named = named.replace(name, str(number))
        return _chosen(named, range(1, 8)) / _DAYS_A_WEEK * DAYS_A_MONTH
    if day not in ("*", "?"):
        return _chosen(day, range(1, 32))
    return DAYS_A_MONTH


def _chosen(field: str, values: range) -> int:
    """The number of values that a field selects by numbers, ranges, and steps."""
    taken: set[int] = set()
    for each in field.split(","):
        base, _, step = each.partition("/")
        first, _, last = base.partition("-")
        start = values.start if first == "*" else int(first)
        end = int(last) if last else (values.stop - 1 if step or first == "*" else start)
        taken.update(range(start, end + 1, int(step or 1)))
    return len(taken)
