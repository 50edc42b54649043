"""A release is judged on both arms: what is worse goes, what is equal stays, what is few waits."""

import random
from dataclasses import replace

import pytest

from modelfleet.release.judge import ArmEvidence, Evidence, judge, score_psi
from modelfleet.retraining.trial import Criterion, Outcome, TrialPlan
from modelfleet.spec.release_policy import ReleaseLimits, WithoutTraffic

PLAN = TrialPlan(
    shares=(0.1, 0.5),
    wait_seconds=0,
    minimum_predictions=100,
    waits_maximum=2,
    without_traffic=WithoutTraffic.STOP,
    limits=ReleaseLimits(),
)
PREDICTIONS_A_STEP = 8_000
# As many looks that are too early as the plan has waits.
FEW = (80, 160)
HELD_OUT_ROWS = 200
RELEASES = 80


def arm(rng: random.Random, version: str, requests: int, error_rate: float) -> ArmEvidence:
    """An arm that answers in some milliseconds, whose score says how likely the outcome is."""
    errors = sum(rng.random() < error_rate for _ in range(requests))
    scores = [rng.betavariate(2, 6) for _ in range(requests - errors)]
    outcomes = [(score, rng.random() < score) for score in scores[: requests // 10]]
    return ArmEvidence(
        version=version,
        requests=requests,
        errors=errors,
        latencies_ms=[rng.lognormvariate(1.0, 0.5) for _ in scores],
        scores=scores,
        losses=[(score - happened) ** 2 for score, happened in outcomes],
    )


def look(rng: random.Random, predictions: int, share: float, error_rate: float) -> Evidence:
    """Both arms of a release at one share; the champion errs in 1 % of its requests."""
    new = round(share * predictions)
    return Evidence(
        champion=arm(rng, "1", predictions - new, 0.01),
        challenger=arm(rng, "2", new, error_rate),
    )


def held_out(rng: random.Random) -> Evidence:
    """The rows that both arms have answered; the deployed function errs on none of them."""
    return Evidence(
        champion=arm(rng, "1", HELD_OUT_ROWS, 0.0),
        challenger=arm(rng, "2", HELD_OUT_ROWS, 0.0),
        scored_by_both=HELD_OUT_ROWS,
        disagreements=sum(rng.random() < 0.1 for _ in range(HELD_OUT_ROWS)),
    )


def taken_back(seed: int, error_rate: float) -> bool:
    """Whether a release ends in a rollback: held-out rows, then each share, twice too early."""
    rng = random.Random(seed)  # noqa: S311  # repeatable, no secret
    steps = [(share, count) for share in PLAN.shares for count in (*FEW, PREDICTIONS_A_STEP)]
    looks = [judge(held_out(rng), PLAN, held_out=True)]
    looks += [judge(look(rng, count, share, error_rate), PLAN) for share, count in steps]
    assert looks[1].outcome is not Outcome.ADVANCE
    return any(judgement.outcome is Outcome.ROLL_BACK for judgement in looks)


@pytest.mark.no_cover  # other tests cover the lines
def test_identical_arms_are_hardly_ever_taken_back() -> None:
    """Over whole releases of an equal version, at most 5 % end in a rollback."""
    rollbacks = sum(taken_back(seed, 0.01) for seed in range(RELEASES))
    assert rollbacks <= 0.05 * RELEASES


@pytest.mark.no_cover
def test_doubled_error_rate_is_caught() -> None:
    """2 % against 1 %, at 8,000 predictions a step, is taken back at least four times in five."""
    rollbacks = sum(taken_back(seed, 0.02) for seed in range(RELEASES))
    assert rollbacks >= 0.8 * RELEASES


@pytest.fixture
def evidence() -> Evidence:
    """Two arms that are alike."""
    rng = random.Random(7)  # noqa: S311  # repeatable, no secret
    return Evidence(champion=arm(rng, "1", 400, 0.0), challenger=arm(rng, "2", 400, 0.0))


def found(evidence: Evidence, plan: TrialPlan = PLAN) -> set[Criterion]:
    """The criteria for which the new arm goes."""
    judgement = judge(evidence, plan)
    worse = {finding.criterion for finding in judgement.findings if finding.worse}
    assert (judgement.outcome is Outcome.ROLL_BACK) == bool(worse)
    return worse


def test_alike_arms_advance(evidence: Evidence) -> None:
    """Enough predictions without a fault let the release go on, and say what was compared."""
    judgement = judge(evidence, PLAN)
    assert judgement.outcome is Outcome.ADVANCE
    assert any("PSI" in reason for reason in judgement.reasons)
    assert judgement.challenger is not None
    assert judgement.challenger.predictions == 400


def test_each_fault_is_found_by_its_criterion(evidence: Evidence) -> None:
    """Errors, slowness, shifted scores, invalid answers, and worse outcomes: each on its own."""
    new = evidence.challenger
    faults = {
        Criterion.ERRORS: replace(new, errors=80),
        Criterion.LATENCY: replace(new, latencies_ms=[9 * t + 20 for t in new.latencies_ms]),
        Criterion.SCORES: replace(new, scores=[min(s + 0.3, 1.0) for s in new.scores]),
        Criterion.INVALID: replace(new, invalid=40),
        Criterion.OUTCOMES: replace(new, losses=[6 * loss for loss in new.losses]),
    }
    for criterion, challenger in faults.items():
        assert found(replace(evidence, challenger=challenger)) == {criterion}


def test_disagreement_beyond_the_limit_goes(evidence: Evidence) -> None:
    """Arms that decide half of the same rows differently are not the same model any more."""
    assert found(replace(evidence, scored_by_both=200, disagreements=100)) == {
        Criterion.DISAGREEMENT
    }
    assert found(replace(evidence, scored_by_both=200, disagreements=40)) == set()


def test_arms_that_may_differ_are_not_held_to_likeness(evidence: Evidence) -> None:
    """Scores and disagreement are left out, with the reason told; outcomes still count."""
    new = evidence.challenger
    moved = replace(new, scores=[min(s + 0.3, 1.0) for s in new.scores])
    unlike = replace(
        evidence, challenger=moved, scored_by_both=200, disagreements=100, unlike="they may differ"
    )
    assert found(unlike) == set()
    assert "they may differ" in judge(unlike, PLAN).reasons
    worse = replace(moved, losses=[6 * loss for loss in new.losses])
    assert found(replace(unlike, challenger=worse)) == {Criterion.OUTCOMES}


def test_what_held_out_rows_showed_is_granted_the_scores(evidence: Evidence) -> None:
    """Scores may be as far apart as they were there, and by the limit more, but no farther."""
    new = evidence.challenger
    moved = replace(
        evidence, challenger=replace(new, scores=[min(s + 0.1, 1.0) for s in new.scores])
    )
    far = score_psi(moved)
    assert far > PLAN.limits.score_psi
    assert found(moved) == {Criterion.SCORES}
    assert found(replace(moved, expected_psi=far)) == set()
    assert found(replace(moved, expected_psi=far / 4)) == {Criterion.SCORES}


def test_limits_are_relative_to_the_old_arm(evidence: Evidence) -> None:
    """Where the old arm errs as often, errors are no reason."""
    assert (
        found(
            replace(
                evidence,
                champion=replace(evidence.champion, errors=80),
                challenger=replace(evidence.challenger, errors=80),
            )
        )
        == set()
    )


@pytest.mark.parametrize("few", ["champion", "challenger"])
def test_too_few_predictions_wait(evidence: Evidence, few: str) -> None:
    """Neither arm is judged to be fine on a handful of predictions."""
    arm_evidence = replace(getattr(evidence, few), scores=evidence.champion.scores[:20], losses=())
    judgement = judge(replace(evidence, **{few: arm_evidence}), PLAN)
    assert judgement.outcome is Outcome.WAIT
    assert "20 of 100 required predictions" in judgement.reasons[0]


def test_a_fault_needs_no_minimum(evidence: Evidence) -> None:
    """A challenger that fails every request goes at once, however few they are."""
    failing = ArmEvidence(version="2", requests=15, errors=15)
    assert found(replace(evidence, challenger=failing)) == {Criterion.ERRORS}


def losing(worse: bool) -> list[float]:
    """Losses, of a version that is far worse or of one that is not."""
    rng = random.Random(9)  # noqa: S311  # repeatable, no secret
    return [rng.uniform(0.5, 0.9) if worse else rng.uniform(0.0, 0.2) for _ in range(400)]


@pytest.mark.parametrize(
    ("whole", "capped", "outcome"),
    [
        (True, False, Outcome.ROLL_BACK),
        (False, True, Outcome.ROLL_BACK),
        (False, False, Outcome.ADVANCE),
    ],
)
def test_one_client_hides_no_loss_from_a_release(
    evidence: Evidence, whole: bool, capped: bool, outcome: Outcome
) -> None:
    """A loss that all outcomes show, or those of which no client has more than half, ends it."""
    champion = replace(evidence.champion, losses=losing(False), capped=losing(False))
    challenger = replace(evidence.challenger, losses=losing(whole), capped=losing(capped))
    verdict = judge(replace(evidence, champion=champion, challenger=challenger), PLAN)
    assert verdict.outcome is outcome
    texts = [f.text for f in verdict.findings if f.criterion is Criterion.OUTCOMES]
    assert len(texts) == 2
    assert "at most half from one client" in texts[1]
