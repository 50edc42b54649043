"""Promotion gate: decides whether a candidate replaces the champion."""

from dataclasses import replace
from enum import StrEnum
from typing import TypeGuard

from modelfleet.evaluation.limits import Measured, missed_limits
from modelfleet.pages.numbers import measure, metric_name, p_text
from modelfleet.spec.document import Frozen
from modelfleet.spec.model import Gate, Metric, Slices
from modelfleet.statistics.results import Comparison, Evaluation, PairedTest

# Share of the margin that a candidate may lose on rows that are not feedback. Decision 29 gives the
# resulting error rates for poisoned and honest candidates.
LOADED_PART = 0.2
# Share of the champion's Brier score that may be lost: ranking metrics ignore calibration.
LOADED_BRIER_PART = 0.1
# Level of the test on all rows of a small table. Fits on overlapping folds share chance
# correlations: the z of the cross-validated AUC of noise has a standard deviation of 1.26 to 1.48,
# and 1% to 3% of noise passes this level, where 5% to 12% would pass 0.05 (decision 7).
SIGNAL_LEVEL = 0.005
_NOT_FEEDBACK = "held-out rows that are not feedback"


class Decision(StrEnum):
    """Decision on a candidate.

    `promote` registers and releases it, `keep` registers it and keeps the champion, and `block`
    does neither.
    """

    PROMOTE = "promote"
    KEEP = "keep"
    BLOCK = "block"


class Loaded(StrEnum):
    """Reason why there is no separate comparison on held-out rows that are not feedback.

    `all`: no held-out row is feedback. `too few`: too few rows remain without feedback.
    """

    ALL = "all"
    TOO_FEW = "too few"


class Verdict(Frozen, extra="ignore"):
    """A decision with its reasons."""

    decision: Decision
    reasons: tuple[str, ...]


def decide(
    gate: Gate,
    slices: Slices | None,
    candidate: Measured,
    champion: Comparison | str,
    *,
    loaded: Comparison | Evaluation | Loaded = Loaded.ALL,
    guess: PairedTest | None = None,
    signal: PairedTest | None = None,
    force: bool = False,
) -> Verdict:
    """Decide on a candidate.

    A candidate that misses an absolute limit is blocked. Otherwise, the 95 % interval of the paired
    difference to the champion decides: a candidate is promoted if the interval is above 0, blocked
    if it reaches below the negative margin, and kept otherwise. If there is no champion to compare
    it with, it must be better than guessing in the same way, or it is blocked. On a small table,
    `signal` may show that the columns predict the target; the candidate then only has to be better
    than guessing, if not significantly.

    To be promoted, a candidate that learned from feedback must also not lose more than
    `LOADED_PART` of the margin on rows that are not feedback, and its Brier score there must not be
    worse by more than `LOADED_BRIER_PART` of the champion's. If no champion can score these rows,
    the candidate's absolute limits must hold on them instead. Callers who report false outcomes
    thus cannot get a worse model promoted, even if the main comparison is waived.

    Parameters
    ----------
    gate, slices
        The model's declared limits.
    candidate
        Measurements of the candidate.
    champion
        Comparison on the same rows, or the reason why there is none.
    loaded
        Comparison on the held-out rows that are not feedback; the candidate's evaluation on them if
        there is no champion; or the reason why there is neither.
    guess
        The candidate against guessing; it decides if there is no champion.
    signal
        A fixed model against guessing, cross-validated on all rows of a small table.
    force
        Promote whatever the comparison says. Absolute limits still apply.
    """
    if faults := tuple(missed_limits(gate, slices, candidate)):
        return Verdict(decision=Decision.BLOCK, reasons=faults)
    if isinstance(champion, str):
        verdict = _unrivalled(champion, guess, signal)
    else:
        verdict = _compared(gate, champion)
    if verdict.decision is Decision.PROMOTE:
        verdict = (
            _limited_on_loaded(gate, slices, verdict, replace(candidate, evaluation=loaded))
            if isinstance(loaded, Evaluation)
            else _held_to_loaded(gate, verdict, loaded)
        )
    if force and verdict.decision is not Decision.PROMOTE:
        forced = "released anyway (--force)"
        return Verdict(decision=Decision.PROMOTE, reasons=(*verdict.reasons, forced))
    return verdict


def _unrivalled(reason: str, guess: PairedTest | None, signal: PairedTest | None) -> Verdict:
    """Promote what no champion holds back, if it is better than guessing."""
    if guess is None or is_significant(guess):
        return Verdict(decision=Decision.PROMOTE, reasons=(reason,))
    if _shows_signal(signal) and _gain(guess) > 0.0:
        shown = (
            f"better than guessing: on all rows, a cross-validated fixed model has "
            f"{_against_guess(signal)}; the held-out rows alone are too few to show it: "
            f"{_against_guess(guess)}"
        )
        return Verdict(decision=Decision.PROMOTE, reasons=(shown, reason))
    fault = (
        f"no better than guessing: {_against_guess(guess)}; more rows or better columns may help"
    )
    return Verdict(decision=Decision.BLOCK, reasons=(fault, reason))


def _shows_signal(test: PairedTest | None) -> TypeGuard[PairedTest]:
    return test is not None and is_significant(test) and test.p_value < SIGNAL_LEVEL


def _against_guess(test: PairedTest) -> str:
    return (
        f"{metric_name(test.metric)} {measure(test.candidate)} against "
        f"{measure(test.champion)} of one answer to every row, {_difference(test)}"
    )


def _limited_on_loaded(
    gate: Gate, slices: Slices | None, verdict: Verdict, candidate: Measured
) -> Verdict:
    """Block a promotion without a champion if limits are missed on rows that are not feedback."""
    faults = tuple(
        f"{fault}, on {candidate.evaluation.rows:,} {_NOT_FEEDBACK}"
        for fault in missed_limits(gate, slices, candidate)
    )
    if not faults:
        return verdict
    return Verdict(decision=Decision.BLOCK, reasons=(*faults, *verdict.reasons))


def _held_to_loaded(gate: Gate, verdict: Verdict, loaded: Comparison | Loaded) -> Verdict:
    """Block a promotion unless rows that are not feedback rule out a loss beyond the limits."""
    if loaded is Loaded.TOO_FEW:
        few = f"too few {_NOT_FEEDBACK} for a comparison; load more rows or use --force"
        return Verdict(decision=Decision.BLOCK, reasons=(few, *verdict.reasons))
    if not isinstance(loaded, Comparison):
        return verdict
    held = [(loaded.primary, LOADED_PART * _margin(gate, loaded.primary))]
    held += [
        (test, LOADED_BRIER_PART * test.champion)
        for test in loaded.others
        if test.metric == Metric.BRIER and test.metric != loaded.primary.metric
    ]
    faults = tuple(fault for test, allowed in held if (fault := _loss(loaded, test, allowed)))
    if faults:
        return Verdict(decision=Decision.BLOCK, reasons=(*faults, *verdict.reasons))
    as_good = f"as good on rows that no caller influences: {_where_loaded(loaded, loaded.primary)}"
    return Verdict(decision=verdict.decision, reasons=(*verdict.reasons, as_good))


def _loss(loaded: Comparison, test: PairedTest, allowed: float) -> str | None:
    """Return the reason to block if a loss above `allowed` is not ruled out, else `None`."""
    least, most = _advantage(test)
    result = _where_loaded(loaded, test)
    if most < 0.0 and test is loaded.primary:
        return f"significantly worse than the champion on rows that no caller influences: {result}"
    if not least >= -allowed:
        return (
            f"may be worse by {measure(-least)} ({measure(allowed)} allowed) on rows that no "
            f"caller influences: {result}"
        )
    return None


def _where_loaded(loaded: Comparison, test: PairedTest) -> str:
    return _in_words(test, loaded.champion_version, f"{loaded.rows:,} {_NOT_FEEDBACK}")


def is_better(comparison: Comparison) -> bool:
    """Whether the candidate is significantly better than the champion."""
    return is_significant(comparison.primary)


def is_significant(test: PairedTest) -> bool:
    """Whether the candidate is significantly better than what it is compared with."""
    return _advantage(test)[0] > 0.0


def _gain(test: PairedTest) -> float:
    """Return the difference, signed so that above 0 the candidate is better."""
    return test.difference if Metric(test.metric).higher_is_better else -test.difference


def _compared(gate: Gate, comparison: Comparison) -> Verdict:
    test = comparison.primary
    least, most = _advantage(test)
    margin = _margin(gate, test)
    if is_better(comparison):
        decision, result = Decision.PROMOTE, "significantly better"
    elif not least >= -margin:
        decision = Decision.BLOCK
        result = f"may be worse by {measure(-least)} ({measure(margin)} allowed)"
    else:
        worse = most < 0.0
        decision = Decision.KEEP
        result = "significantly worse" if worse else "no significant improvement"
    rows = f"the same {comparison.rows:,} rows"
    whose = f"{rows} of {comparison.rows_of}" if comparison.rows_of else rows
    reasons = [f"{result}: {_in_words(comparison.primary, comparison.champion_version, whose)}"]
    if comparison.overall is not None:
        overall = _in_words(comparison.overall, comparison.champion_version, "all test rows")
        reasons.append(f"on all test rows: {overall}")
    return Verdict(decision=decision, reasons=tuple(reasons))


def _margin(gate: Gate, test: PairedTest) -> float:
    return gate.margin * (abs(test.champion) if gate.relative_margin else 1.0)


def _advantage(test: PairedTest) -> tuple[float, float]:
    """Return the bounds of the difference, signed so that above 0 the candidate is better."""
    lower = test.difference if test.lower is None else test.lower
    upper = test.difference if test.upper is None else test.upper
    return (lower, upper) if Metric(test.metric).higher_is_better else (-upper, -lower)


def _in_words(test: PairedTest, champion: str, rows: str) -> str:
    return (
        f"{metric_name(test.metric)} {measure(test.candidate)} against "
        f"{measure(test.champion)} of champion {champion} on {rows}, {_difference(test)}"
    )


def _difference(test: PairedTest) -> str:
    ends = ""
    if test.lower is not None and test.upper is not None:
        ends = f", 95 % interval {measure(test.lower, '+')} to {measure(test.upper, '+')}"
    value = f"difference {measure(test.difference, '+')}{ends}"
    return f"{value} ({test.name}, {p_text(test.p_value)})"
