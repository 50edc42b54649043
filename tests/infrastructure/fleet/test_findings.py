"""Independent tools find nothing in the templates that has not been reviewed."""

from collections.abc import Mapping

import pytest
from cfnlint.api import ManualArgs, lint

from tests.infrastructure.fleet.accepted_findings import ACCEPTED
from tests.infrastructure.templates import FleetTemplates
from tests.stages import STAGES

pytestmark = pytest.mark.static

# A dependency that the CDK declares next to a reference that implies it; harmless and common.
_REDUNDANT_DEPENDENCY = "W3005"


def test_every_finding_of_cdk_nag_is_accepted_with_a_reason(fleet: FleetTemplates) -> None:
    """AwsSolutions finds nothing but what the table accepts for that very construct."""
    unknown = [
        (rule, path)
        for rule, path in fleet.findings
        if not any(accepted.covers(rule, path) for accepted in ACCEPTED)
    ]
    assert unknown == []


def test_no_acceptance_outlives_its_finding(fleets: Mapping[str, FleetTemplates]) -> None:
    """Findings that no longer occur are no longer accepted."""
    found = [finding for fleet in fleets.values() for finding in fleet.findings]
    unused = [a for a in ACCEPTED if not any(a.covers(*finding) for finding in found)]
    assert unused == []


@pytest.mark.parametrize("stage", list(STAGES))
def test_cfn_lint_finds_nothing(fleets: Mapping[str, FleetTemplates], stage: str) -> None:
    """Every template follows CloudFormation's schemas and rules."""
    configuration = ManualArgs(ignore_checks=[_REDUNDANT_DEPENDENCY], regions=["us-east-1"])
    found = [
        (part, str(match.rule.id), match.message)
        for part, text in fleets[stage].texts.items()
        for match in lint(text, config=configuration)
    ]
    assert found == []
