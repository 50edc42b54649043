"""CloudWatch's embedded metric format: measurements inside a log line.

Amazon CloudWatch user guide, "Specification: Embedded metric format".
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from modelfleet.spec.errors import CaptureError

MARK = "_aws"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Values of one metric under one set of dimensions, all of the same moment."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    values: tuple[float, ...]
    time: datetime


class MetricSink(Protocol):
    """Takes measurements that were found in a log."""

    def put(self, measurements: Sequence[Measurement]) -> None:
        """Hand over measurements."""
        ...


def read_measurements(entry: Mapping[str, Any]) -> list[Measurement]:
    """Read what a log line measures; a line without measurements has none.

    Raises
    ------
    CaptureError
        If it announces measurements that it does not hold.
    """
    if MARK not in entry:
        return []
    try:
        return list(_measurements(entry))
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise CaptureError("incomplete embedded metrics") from error


def _measurements(entry: Mapping[str, Any]) -> Iterator[Measurement]:
    time = datetime.fromtimestamp(entry[MARK]["Timestamp"] / 1000, UTC)
    for directive in entry[MARK]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(entry[name]) for name in names}
            for metric in directive["Metrics"]:
                yield Measurement(
                    namespace=directive["Namespace"],
                    name=metric["Name"],
                    unit=metric.get("Unit", "None"),
                    dimensions=dimensions,
                    values=_values(entry[metric["Name"]]),
                    time=time,
                )


def _values(value: Any) -> tuple[float, ...]:
    values = tuple(float(each) for each in (value if isinstance(value, list) else [value]))
    if not all(map(math.isfinite, values)):
        raise ValueError("a value is no finite number")
    return values
