"""The promotion gate: may this candidate serve, and in place of the champion?"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from modelfleet.domain.evaluation import Comparison, PairedTest
from modelfleet.domain.gate_limits import Measured, missed_limits, number
from modelfleet.domain.spec import Gate, Metric, Slices


class Decision(StrEnum):
    """What becomes of a candidate.

    `promote`: it is registered and released. `keep`: it is registered and the champion stays.
    `block`: it is neither registered nor released.
    """

    PROMOTE = "promote"
    KEEP = "keep"
    BLOCK = "block"


class Verdict(BaseModel):
    """A decision with its reasons in words and numbers."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    reasons: tuple[str, ...]


def judge(
    gate: Gate,
    slices: Slices | None,
    candidate: Measured,
    champion: Comparison | str,
    *,
    force: bool = False,
) -> Verdict:
    """Decide on a candidate.

    A missed limit of its own blocks it. Against the champion the 95 % interval of the paired
    difference decides: above 0 as a whole, it is better and promoted; reaching below the margin, it
    may be too much worse and is blocked; between the two it is kept.

    Parameters
    ----------
    gate, slices
        The model's declared limits.
    candidate
        What was measured of it.
    champion
        Both on the same rows; or, in words, why no champion holds it back.
    force
        Release it whatever the comparison says. Its own limits hold all the same.
    """
    if faults := tuple(missed_limits(gate, slices, candidate)):
        return Verdict(decision=Decision.BLOCK, reasons=faults)
    if isinstance(champion, str):
        return Verdict(decision=Decision.PROMOTE, reasons=(champion,))
    verdict = _compared(gate, champion)
    if force and verdict.decision is not Decision.PROMOTE:
        forced = "released all the same, because the request says force"
        return Verdict(decision=Decision.PROMOTE, reasons=(*verdict.reasons, forced))
    return verdict


def is_better(comparison: Comparison) -> bool:
    """Whether the candidate is better than the champion by more than chance may give."""
    return _advantage(comparison.primary)[0] > 0.0


def _compared(gate: Gate, comparison: Comparison) -> Verdict:
    test = comparison.primary
    least, most = _advantage(test)
    margin = gate.margin * (abs(test.champion) if gate.relative_margin else 1.0)
    if is_better(comparison):
        decision, told = Decision.PROMOTE, "better beyond chance"
    elif not least >= -margin:
        decision = Decision.BLOCK
        told = f"it may be worse by {number(-least)}, and {number(margin)} is allowed"
    else:
        worse = most < 0.0
        decision = Decision.KEEP
        told = "worse beyond chance" if worse else "not better by more than chance may give"
    rows = f"the same {comparison.rows:,} rows"
    whose = f"{rows} of {comparison.rows_of}" if comparison.rows_of else rows
    reasons = [f"{told}: {_in_words(comparison.primary, comparison.champion_version, whose)}"]
    if comparison.overall is not None:
        overall = _in_words(comparison.overall, comparison.champion_version, "all test rows")
        reasons.append(f"for the record: {overall}")
    return Verdict(decision=decision, reasons=tuple(reasons))


def _advantage(test: PairedTest) -> tuple[float, float]:
    """The ends of the difference, turned so that above 0 the candidate is the better one."""
    lower = test.difference if test.lower is None else test.lower
    upper = test.difference if test.upper is None else test.upper
    return (lower, upper) if Metric(test.metric).higher_is_better else (-upper, -lower)


def _in_words(test: PairedTest, champion: str, rows: str) -> str:
    ends = ""
    if test.lower is not None and test.upper is not None:
        ends = f", 95 % interval {number(test.lower, '+')} to {number(test.upper, '+')}"
    return (
        f"{test.metric} {number(test.candidate)} against {number(test.champion)} of champion "
        f"{champion} on {rows}, difference "
        f"{number(test.difference, '+')}{ends} ({test.name}, p {test.p_value:.3g})"
    )
