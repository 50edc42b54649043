"""The promotion gate: may this candidate replace the champion?"""

from dataclasses import replace
from enum import StrEnum

from modelfleet.evaluation.limits import Measured, missed_limits
from modelfleet.pages.numbers import measure
from modelfleet.spec.document import Frozen
from modelfleet.spec.model import Gate, Metric, Slices
from modelfleet.statistics.results import Comparison, Evaluation, PairedTest

# Of the margin: what a release may cost on rows that are not feedback. Decision 29 says how often
# that lets a poisoned candidate pass, and how often it holds an honest one back.
LOADED_PART = 0.2
# Of the champion's own Brier score: an order says nothing of how true the probabilities are.
LOADED_BRIER_PART = 0.1
_NOT_FEEDBACK = "held-out rows that are not feedback"


class Decision(StrEnum):
    """What becomes of a candidate.

    `promote`: it is registered and released. `keep`: it is registered and the champion stays.
    `block`: it is neither registered nor released.
    """

    PROMOTE = "promote"
    KEEP = "keep"
    BLOCK = "block"


class Loaded(StrEnum):
    """Why there is no comparison on held-out rows that are not feedback.

    `all`: no row is feedback, so that every comparison is one. `too few`: some are, and the others
    are too few to compare models on.
    """

    ALL = "all"
    TOO_FEW = "too few"


class Verdict(Frozen, extra="ignore"):
    """A decision with its reasons in words and numbers."""

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
    force: bool = False,
) -> Verdict:
    """Decide on a candidate.

    A missed limit of its own blocks it. Against the champion the 95 % interval of the paired
    difference decides: above 0 as a whole, it is better and promoted; reaching below the margin, it
    may be too much worse and is blocked; between the two it is kept. Without a champion to compare
    it with, it must be better than guessing in the same way, or is blocked.

    A candidate that has learned from feedback must besides be as good as the champion, within
    `LOADED_PART` of the margin, on rows that are not feedback: whoever reports outcomes cannot
    talk the gate into a worse model, whatever the other comparison says, and if it is waived too.
    There its probabilities must be as true besides: its Brier score may be worse by no more than
    `LOADED_BRIER_PART` of the champion's. Where no champion can answer, its own limits must hold
    there too.

    Parameters
    ----------
    gate, slices
        The model's declared limits.
    candidate
        What was measured of it.
    champion
        Both on the same rows; or, in words, why no champion holds it back.
    loaded
        Both on the held-out rows that are not feedback; the candidate alone, where no champion can
        answer for them; or why they are not compared there.
    guess
        The candidate against guessing, which counts where no champion does.
    force
        Release it whatever the comparison says. Its own limits hold all the same.
    """
    if faults := tuple(missed_limits(gate, slices, candidate)):
        return Verdict(decision=Decision.BLOCK, reasons=faults)
    if isinstance(champion, str):
        verdict = _unrivalled(champion, guess)
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


def _unrivalled(reason: str, guess: PairedTest | None) -> Verdict:
    """Promote what no champion holds back, if it is better than guessing."""
    if guess is None or _advantage(guess)[0] > 0.0:
        return Verdict(decision=Decision.PROMOTE, reasons=(reason,))
    fault = (
        f"no better than guessing: {guess.metric} {measure(guess.candidate)} against "
        f"{measure(guess.champion)} of one answer to every row, {_difference(guess)}; more rows or "
        "better columns may help"
    )
    return Verdict(decision=Decision.BLOCK, reasons=(fault, reason))


def _limited_on_loaded(
    gate: Gate, slices: Slices | None, verdict: Verdict, candidate: Measured
) -> Verdict:
    """Block what would be promoted without a comparison, where callers alone speak for it."""
    faults = tuple(
        f"{fault}, on {candidate.evaluation.rows:,} {_NOT_FEEDBACK}"
        for fault in missed_limits(gate, slices, candidate)
    )
    if not faults:
        return verdict
    return Verdict(decision=Decision.BLOCK, reasons=(*faults, *verdict.reasons))


def _held_to_loaded(gate: Gate, verdict: Verdict, loaded: Comparison | Loaded) -> Verdict:
    """Block what would be promoted, unless rows that are not feedback rule out a loss by it."""
    if loaded is Loaded.TOO_FEW:
        few = f"too few {_NOT_FEEDBACK} to compare on; load more rows, or use --force"
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
    """Why a loss of more than what is allowed is not ruled out, in words; `None` where it is."""
    least, most = _advantage(test)
    told = _where_loaded(loaded, test)
    if most < 0.0 and test is loaded.primary:
        return f"significantly worse than the champion where no caller influences: {told}"
    if not least >= -allowed:
        return (
            f"it may be worse by {measure(-least)} ({measure(allowed)} allowed) on rows that no "
            f"caller influences: {told}"
        )
    return None


def _where_loaded(loaded: Comparison, test: PairedTest) -> str:
    return _in_words(test, loaded.champion_version, f"{loaded.rows:,} {_NOT_FEEDBACK}")


def is_better(comparison: Comparison) -> bool:
    """Whether the candidate is better than the champion by more than chance may give."""
    return _advantage(comparison.primary)[0] > 0.0


def _compared(gate: Gate, comparison: Comparison) -> Verdict:
    test = comparison.primary
    least, most = _advantage(test)
    margin = _margin(gate, test)
    if is_better(comparison):
        decision, told = Decision.PROMOTE, "significantly better"
    elif not least >= -margin:
        decision = Decision.BLOCK
        told = f"it may be worse by {measure(-least)} ({measure(margin)} allowed)"
    else:
        worse = most < 0.0
        decision = Decision.KEEP
        told = "significantly worse" if worse else "no significant improvement"
    rows = f"the same {comparison.rows:,} rows"
    whose = f"{rows} of {comparison.rows_of}" if comparison.rows_of else rows
    reasons = [f"{told}: {_in_words(comparison.primary, comparison.champion_version, whose)}"]
    if comparison.overall is not None:
        overall = _in_words(comparison.overall, comparison.champion_version, "all test rows")
        reasons.append(f"on all test rows: {overall}")
    return Verdict(decision=decision, reasons=tuple(reasons))


def _margin(gate: Gate, test: PairedTest) -> float:
    return gate.margin * (abs(test.champion) if gate.relative_margin else 1.0)


def _advantage(test: PairedTest) -> tuple[float, float]:
    """The ends of the difference, turned so that above 0 the candidate is the better one."""
    lower = test.difference if test.lower is None else test.lower
    upper = test.difference if test.upper is None else test.upper
    return (lower, upper) if Metric(test.metric).higher_is_better else (-upper, -lower)


def _in_words(test: PairedTest, champion: str, rows: str) -> str:
    return (
        f"{test.metric} {measure(test.candidate)} against {measure(test.champion)} of champion "
        f"{champion} on {rows}, {_difference(test)}"
    )


def _difference(test: PairedTest) -> str:
    ends = ""
    if test.lower is not None and test.upper is not None:
        ends = f", 95 % interval {measure(test.lower, '+')} to {measure(test.upper, '+')}"
    value = f"difference {measure(test.difference, '+')}{ends}"
    return f"{value} ({test.name}, p {test.p_value:.3g})"
