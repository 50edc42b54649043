"""Builds the captures function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.settings import CapturesSettings

if TYPE_CHECKING:
    from modelfleet.captures.delivery import CaptureSink
    from modelfleet.captures.sealed import Opener
    from modelfleet.metrics.embedded import MetricSink


@cache
def captures_settings() -> CapturesSettings:
    """Return the settings of the running captures function."""
    return CapturesSettings.from_environment()


@cache
def capture_sink() -> CaptureSink:
    """Return the delivery stream of the running captures function."""
    from modelfleet.adapters.aws.aws_json import FIREHOSE, AwsJsonClient
    from modelfleet.adapters.aws.delivery_stream import DeliveryStream

    client = AwsJsonClient(FIREHOSE, os.environ)
    return DeliveryStream(client, captures_settings().delivery_stream)


@cache
def metric_sink() -> MetricSink | None:
    """Return the destination of measurements; `None` if they are not forwarded."""
    if not captures_settings().forward_metrics:
        return None
    from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
    from modelfleet.adapters.aws.cloudwatch_metrics import CloudWatchMetrics

    return CloudWatchMetrics(AwsJsonClient(CLOUDWATCH, os.environ))


@cache
def opener() -> Opener:
    """Return what decrypts the sensitive values of log lines."""
    from modelfleet.adapters.aws.signing_keys import named_keys
    from modelfleet.adapters.sealed_values import ValueOpener

    return ValueOpener(named_keys(captures_settings().signing_keys, os.environ))
