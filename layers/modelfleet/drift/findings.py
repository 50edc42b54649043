"""What a run of watching found out, before anything is decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelfleet.drift.performance_report import PerformanceFinding, PerformanceReport
from modelfleet.drift.report import DriftReport
from modelfleet.registry.manifest import BundleManifest


@dataclass(frozen=True)
class Looked:
    """The version that was looked at, its drift, and how good it turned out to be."""

    manifest: BundleManifest
    drift: DriftReport
    performance: PerformanceReport
    findings: Sequence[PerformanceFinding]
