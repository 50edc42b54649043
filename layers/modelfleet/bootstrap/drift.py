"""Builds a drift function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec, now
from modelfleet.settings import EVENT_SOURCE, DriftSettings, drift_namespace, namespace

if TYPE_CHECKING:
    from modelfleet.drift.report import DriftReport
    from modelfleet.drift.report_rows import ReportRows
    from modelfleet.drift.requests import DriftOutcome, DriftRequest
    from modelfleet.drift.run import DriftRunner
    from modelfleet.drift.state import Decision


@cache
def drift_settings() -> DriftSettings:
    """Return the settings of the running drift function."""
    return DriftSettings.from_environment()


def run_drift(request: DriftRequest) -> DriftOutcome:
    """Run drift detection for the model of the running function."""
    from modelfleet.drift.run import run_drift as run

    return run(model_spec(drift_settings().model), request, watcher())


@cache
def watcher() -> DriftRunner:
    """Return the ports of the running drift function."""
    from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
    from modelfleet.adapters.aws.cloudwatch_metrics import CloudWatchMetrics
    from modelfleet.adapters.aws.cloudwatch_traffic import CloudWatchTraffic
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.drift.run import DriftRunner

    settings, cloudwatch = drift_settings(), AwsJsonClient(CLOUDWATCH, os.environ)
    return DriftRunner(
        lake=s3_store(settings.lake_bucket),
        artifacts=s3_store(settings.artifacts_bucket),
        clock=now,
        draw=_draw,
        tell=_tell,
        metrics=CloudWatchMetrics(cloudwatch),
        namespace=drift_namespace(settings.stage),
        traffic=CloudWatchTraffic(cloudwatch, namespace(settings.stage)),
    )


def _draw(title: str, report: DriftReport, rows: ReportRows) -> bytes:
    # Importing it takes longer than Lambda's limit for initialization.
    from modelfleet.adapters.evidently_report import draw

    return draw(title, report, rows)


def _tell(decision: Decision) -> None:
    from modelfleet.adapters.aws.aws_json import EVENTS, AwsJsonClient
    from modelfleet.adapters.aws.event_bus import EventBus
    from modelfleet.drift.requests import event_detail, event_type

    bus = EventBus(AwsJsonClient(EVENTS, os.environ), EVENT_SOURCE, drift_settings().stage)
    bus.send(event_type(decision), event_detail(decision))
