"""Outcomes decide nothing against rows that were loaded: the gate of a retraining on feedback."""

from functools import cache

import pytest

from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision
from modelfleet.retraining.state import RetrainingState, Trigger
from tests.poisoning import ATTACKS, Reporting

# Other tests cover the lines. What is traced at any rate are fixtures, so there are none.
pytestmark = pytest.mark.no_cover

ROWS = 10_000


@cache
def reporting() -> Reporting:
    """A model that serves, and its callers."""
    return Reporting(find("bankchurn"), ROWS, 101)


@cache
def poisoned() -> RetrainingState:
    """A retraining on a thousand outcomes, of which half are turned round in one group."""
    callers = reporting()
    callers.forget()
    column, is_in = ATTACKS["bankchurn"]["Germany"]
    callers.call(callers.poisoned(column, is_in, 1_001))
    return callers.judged(Trigger.DRIFT)


def test_a_worse_model_is_blocked_whatever_its_callers_report() -> None:
    """It wins on their own rows, and that does not count where the loaded rows contradict it."""
    state = poisoned()
    assert state.prepared is not None
    assert state.prepared.loaded is not None
    assert state.evaluated is not None
    assert state.evaluated.comparison is not None
    lower = state.evaluated.comparison.primary.lower
    assert lower is not None
    assert lower > 0.0, "the callers' own rows speak for it"
    verdict = state.evaluated.verdict
    assert verdict.decision is Decision.BLOCK
    assert "no caller influences" in verdict.reasons[0]
    assert "held-out rows that are not feedback" in verdict.reasons[0]
    assert "predictions from the last 30 days" in verdict.reasons[1]


def test_it_is_truly_worse() -> None:
    """On twenty thousand fresh rows the blocked candidate loses, beyond chance."""
    truth = reporting().truth(poisoned())
    assert truth.upper is not None
    assert truth.upper < 0.0


def test_a_person_may_overrule_it() -> None:
    """With `--force`, and the reason is still told."""
    found = reporting().evaluated(poisoned(), force=True).evaluated
    assert found is not None
    assert found.verdict.decision is Decision.PROMOTE
    assert "no caller influences" in found.verdict.reasons[0]
