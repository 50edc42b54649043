"""What Prometheus's own parser reads in an exported text."""

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser


def families(text: str) -> dict[str, Metric]:
    """The families of series, by name."""
    found = parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # it has no types
    return {family.name: family for family in found}
