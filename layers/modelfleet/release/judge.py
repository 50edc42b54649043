"""Compares the arms of a trial: is the challenger worse than the champion?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from modelfleet.retraining.trial import (
    ArmSummary,
    Criterion,
    Finding,
    Judgement,
    Outcome,
    Standing,
    TrialPlan,
)
from modelfleet.spec.release_policy import ReleaseLimits
from modelfleet.statistics.comparison.ab_test import (
    mean_interval,
    outcomes_needed,
    probability_better,
)
from modelfleet.statistics.comparison.two_arms import (
    binomial_tail,
    excess_p_value,
    loss_excess_p_value,
    quantile,
    quantile_excess_p_value,
    shift,
)

_LATENCY_QUANTILE = 0.95
# Share of the release's error probability for judgments on held-out rows or few predictions.
_EARLY_PART = 0.1
_OUTCOMES_MINIMUM = 30
# For models that allow no increase of the loss.
_SMALLEST_DIFFERENCE = 0.01


@dataclass(frozen=True)
class ArmEvidence:
    """Evidence of one arm over a window.

    The arm failed `errors` of its `requests`. `latencies_ms` has one value per request, `scores`
    one per prediction, and `losses` one per prediction with a known outcome. `capped` are the
    losses without one client's excess over half; `None` if no client has more than half.
    """

    version: str
    requests: int = 0
    errors: int = 0
    invalid: int = 0
    latencies_ms: Sequence[float] = ()
    scores: Sequence[float] = ()
    losses: Sequence[float] = ()
    capped: Sequence[float] | None = None

    @property
    def shared(self) -> Sequence[float]:
        """Losses, at most half of them from one client."""
        return self.losses if self.capped is None else self.capped


@dataclass(frozen=True)
class Evidence:
    """Evidence of both arms, with the number of disagreements on rows scored by both.

    `unlike` is the reason why the arms' scores and decisions may differ; empty if they may not.
    `expected_psi` is the PSI between the arms' scores on held-out rows, which is added to the
    limit. `several_clients` says whether more than one client called.
    """

    champion: ArmEvidence
    challenger: ArmEvidence
    scored_by_both: int = 0
    disagreements: int = 0
    notes: tuple[str, ...] = field(default=())
    unlike: str = ""
    expected_psi: float = 0.0
    several_clients: bool = False


def judge(evidence: Evidence, plan: TrialPlan, *, held_out: bool = False) -> Judgement:
    """Judge the evidence of one window.

    A release is judged many times on up to six criteria, so each test uses its part of the
    release's error probability (weighted Bonferroni correction): however the tests depend on each
    other, a version that equals the champion is rolled back with at most that probability. The
    judgments on enough traffic, one per share, have nine tenths of it; earlier ones share the rest.

    Parameters
    ----------
    evidence
        Both arms over the same window.
    plan
        The release's plan.
    held_out
        Whether the evidence is from held-out rows instead of traffic.
    """
    few = _too_few(evidence, plan)
    alpha = _alpha(plan, early=held_out or few is not None)
    findings = tuple(_findings(evidence, plan.limits, alpha))
    outcome, reasons = _decided(few, findings)
    return Judgement(
        outcome=outcome,
        reasons=(*reasons, *filter(None, (evidence.unlike, *evidence.notes))),
        findings=findings,
        champion=summary(evidence.champion),
        challenger=summary(evidence.challenger),
    )


def summary(arm: ArmEvidence) -> ArmSummary:
    """Summarize the evidence of an arm."""
    latencies, scores, losses = arm.latencies_ms, arm.scores, arm.losses
    return ArmSummary(
        version=arm.version,
        requests=arm.requests,
        errors=arm.errors,
        predictions=len(scores) + arm.invalid,
        invalid=arm.invalid,
        latency_p50_ms=quantile(latencies, 0.5) if latencies else None,
        latency_p95_ms=quantile(latencies, _LATENCY_QUANTILE) if latencies else None,
        mean_score=fmean(scores) if scores else None,
        outcomes=len(losses),
        mean_loss=fmean(losses) if losses else None,
        loss_interval=mean_interval(losses),
    )


def standing(evidence: Evidence, limits: ReleaseLimits) -> Standing:
    """Return the status of an experiment."""
    new, old = evidence.challenger.losses, evidence.champion.losses
    return Standing(
        probability_better=probability_better(new, old),
        outcomes_needed=outcomes_needed(new, old, limits.loss_increase or _SMALLEST_DIFFERENCE),
        scored_by_both=evidence.scored_by_both,
        disagreements=evidence.disagreements,
    )


def _too_few(evidence: Evidence, plan: TrialPlan) -> str | None:
    for arm in (evidence.champion, evidence.challenger):
        seen = len(arm.scores) + arm.invalid
        if seen < plan.minimum_predictions:
            least = plan.minimum_predictions
            return f"version {arm.version} has served {seen} of {least} required predictions"
    return None


def _alpha(plan: TrialPlan, *, early: bool) -> float:
    """Return the significance level of one test in one judgment."""
    shares = len(plan.shares)
    looks_before = 1 + shares * (plan.waits_maximum + 1)
    part = _EARLY_PART / looks_before if early else (1.0 - _EARLY_PART) / shares
    return plan.limits.error_probability * part / len(Criterion)


def _decided(few: str | None, findings: Sequence[Finding]) -> tuple[Outcome, tuple[str, ...]]:
    if worse := tuple(finding.text for finding in findings if finding.worse):
        return Outcome.ROLL_BACK, worse
    if few is not None:
        return Outcome.WAIT, (few,)
    return Outcome.ADVANCE, tuple(finding.text for finding in findings)


def _findings(evidence: Evidence, limits: ReleaseLimits, alpha: float) -> Iterable[Finding]:
    new, old = evidence.challenger, evidence.champion
    yield _shares(
        Criterion.ERRORS,
        (new.errors, new.requests),
        (old.errors, old.requests),
        limits.error_rate_increase,
        alpha,
    )
    yield _shares(
        Criterion.INVALID,
        (new.invalid, len(new.scores) + new.invalid),
        (old.invalid, len(old.scores) + old.invalid),
        limits.invalid_share_increase,
        alpha,
    )
    if new.latencies_ms and old.latencies_ms:
        yield _latency(new, old, limits, alpha)
    if not evidence.unlike:
        yield from _likeness(evidence, limits, alpha)
    yield from _outcomes(new, old, limits.loss_increase, alpha)


def _shares(
    criterion: Criterion, new: tuple[int, int], old: tuple[int, int], limit: float, alpha: float
) -> Finding:
    rates = [events / trials if trials else 0.0 for events, trials in (new, old)]
    worse = rates[0] - rates[1] > limit and excess_p_value(new, old) < alpha
    text = f"{criterion}: {rates[0]:.2%} of {new[1]} against {rates[1]:.2%} of {old[1]}"
    return Finding(criterion=criterion, worse=worse, text=text)


def _latency(new: ArmEvidence, old: ArmEvidence, limits: ReleaseLimits, alpha: float) -> Finding:
    p95, before = (quantile(arm.latencies_ms, _LATENCY_QUANTILE) for arm in (new, old))
    limit = max(limits.latency_ratio * before, before + limits.latency_slack_ms)
    p_value = quantile_excess_p_value(new.latencies_ms, old.latencies_ms, _LATENCY_QUANTILE, limit)
    return Finding(
        criterion=Criterion.LATENCY,
        worse=p95 > limit and p_value < alpha,
        text=f"latency: p95 {p95:.1f} ms against {before:.1f} ms (allowed {limit:.1f} ms)",
    )


def score_psi(evidence: Evidence) -> float:
    """Return the PSI between the arms' scores; 0.0 if an arm has none."""
    new, old = evidence.challenger.scores, evidence.champion.scores
    return shift(new, old)[0] if new and old else 0.0


def _likeness(evidence: Evidence, limits: ReleaseLimits, alpha: float) -> Iterable[Finding]:
    new, old = evidence.challenger, evidence.champion
    if new.scores and old.scores:
        yield _scores(new, old, limits.score_psi + evidence.expected_psi, alpha)
    if evidence.scored_by_both:
        yield _disagreement(evidence, limits.disagreement, alpha)


def _scores(new: ArmEvidence, old: ArmEvidence, limit: float, alpha: float) -> Finding:
    index, p_value = shift(new.scores, old.scores)
    return Finding(
        criterion=Criterion.SCORES,
        worse=index > limit and p_value < alpha,
        text=f"scores: PSI {index:.3f} between the arms (allowed {limit:.4g})",
    )


def _disagreement(evidence: Evidence, limit: float, alpha: float) -> Finding:
    rows, differing = evidence.scored_by_both, evidence.disagreements
    return Finding(
        criterion=Criterion.DISAGREEMENT,
        worse=binomial_tail(differing, rows, limit) < alpha,
        text=f"disagreement: {differing / rows:.1%} of {rows:,} rows (allowed {limit:.0%})",
    )


def _outcomes(new: ArmEvidence, old: ArmEvidence, limit: float, alpha: float) -> Iterable[Finding]:
    """Test all outcomes, and a subset in which no client has more than half.

    Either test can roll back a version, so that a client cannot mask others' outcomes by reporting
    more than they do or hardly any. The two tests share the error probability.
    """
    parts = [(new.losses, old.losses, "")]
    if new.capped is not None or old.capped is not None:
        parts.append((new.shared, old.shared, ", at most half from one client"))
    for mine, theirs, scope in parts:
        if min(len(mine), len(theirs)) >= _OUTCOMES_MINIMUM:
            yield _losses(mine, theirs, limit, alpha / len(parts), scope)


def _losses(
    new: Sequence[float], old: Sequence[float], limit: float, alpha: float, scope: str
) -> Finding:
    return Finding(
        criterion=Criterion.OUTCOMES,
        worse=loss_excess_p_value(new, old, limit) < alpha,
        text=(
            f"outcomes{scope}: loss {fmean(new):.4g} on {len(new):,} against "
            f"{fmean(old):.4g} on {len(old):,} (allowed {limit:.0%} more)"
        ),
    )
