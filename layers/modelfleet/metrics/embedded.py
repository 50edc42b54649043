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
    """Values of one metric for one dimension set, all with the same timestamp."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    values: tuple[float, ...]
    time: datetime


class MetricSink(Protocol):
    """Destination of measurements extracted from a log."""

    def put(self, measurements: Sequence[Measurement]) -> None:
        """Publish measurements."""
        ...


def read_measurements(entry: Mapping[str, Any]) -> list[Measurement]:
    """Extract the measurements of a log line.

    Raises
    ------
    CaptureError
        If the line declares measurements that it does not contain.
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
