"""Decides which differences count: significant and large enough to matter."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelfleet.drift.report import DriftTest, Finding, Severity
from modelfleet.spec.drift_policy import DriftPolicy

# Conventional limits: severity, largest adjusted p-value, smallest effect size; either suffices.
_SEVERITIES = (
    (Severity.HIGH, 0.001, 0.7),
    (Severity.MEDIUM, 0.01, 0.3),
    (Severity.LOW, 0.05, 0.1),
)


@dataclass(frozen=True)
class Measurement:
    """Result of one test of one column, before the correction for multiple testing."""

    test: DriftTest
    statistic: float
    p_value: float
    effect_size: float


def threshold(policy: DriftPolicy, test: DriftTest) -> float:
    """Return the effect size at which a test detects drift."""
    return {
        DriftTest.PSI: policy.psi,
        DriftTest.KOLMOGOROV_SMIRNOV: policy.kolmogorov_smirnov,
        DriftTest.CHI_SQUARE: policy.chi_square,
        DriftTest.JENSEN_SHANNON: policy.jensen_shannon,
        DriftTest.WASSERSTEIN: policy.wasserstein,
        DriftTest.MISSING_SHARE: policy.missing_share,
        DriftTest.RANGE: policy.range_share,
        DriftTest.NEW_CATEGORIES: policy.new_category_share,
    }[test]


def finding(policy: DriftPolicy, measured: Measurement, p_adjusted: float) -> Finding:
    """Judge a measurement by its effect size and its corrected p-value."""
    limit = threshold(policy, measured.test)
    beyond_chance = measured.p_value < policy.p_value and p_adjusted <= policy.false_alarm_share
    drifted = beyond_chance and measured.effect_size >= limit
    return Finding(
        test=measured.test,
        statistic=measured.statistic,
        p_value=measured.p_value,
        p_adjusted=p_adjusted,
        effect_size=measured.effect_size,
        threshold=limit,
        drifted=drifted,
        severity=_severity(policy, measured, p_adjusted) if beyond_chance else Severity.NONE,
    )


def worst(severities: Sequence[Severity]) -> Severity:
    """Return the worst severity; `NONE` if there are none."""
    return max(severities, key=lambda severity: severity.rank, default=Severity.NONE)


def _severity(policy: DriftPolicy, measured: Measurement, p_adjusted: float) -> Severity:
    if measured.effect_size >= threshold(policy, measured.test):
        size = measured.effect_size
        reached = (s for s, p, least in _SEVERITIES if p_adjusted < p or size > least)
        return next(reached, Severity.LOW)
    warned = measured.test is DriftTest.PSI and measured.effect_size >= policy.psi_warning
    return Severity.LOW if warned else Severity.NONE
