"""What a run of watching found out, before anything is decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelfleet.domain.bundle import BundleManifest
from modelfleet.domain.drift import DriftReport
from modelfleet.domain.performance import PerformanceFinding, PerformanceReport


@dataclass(frozen=True)
class Looked:
    """The version that was looked at, its drift, and how good it turned out to be."""

    manifest: BundleManifest
    drift: DriftReport
    performance: PerformanceReport
    findings: Sequence[PerformanceFinding]
