"""Builds the metrics function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelfleet.metrics.openmetrics import MetricsExport


@cache
def metrics_export() -> MetricsExport:
    """Return the metrics export of the running metrics function."""
    from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
    from modelfleet.adapters.aws.cloudwatch_collector import CloudWatchCollector
    from modelfleet.metrics.drift_metrics import DriftMetric
    from modelfleet.metrics.openmetrics import MetricsExport
    from modelfleet.metrics.serving_metrics import ServingMetric
    from modelfleet.settings import MetricsSettings, drift_namespace, namespace

    client = AwsJsonClient(CLOUDWATCH, os.environ)
    stage = MetricsSettings.from_environment().stage
    read = {
        namespace(stage): frozenset(ServingMetric),
        drift_namespace(stage): frozenset(DriftMetric),
    }
    return MetricsExport(CloudWatchCollector(client, read))
