"""Evaluate step: candidate and champion on the same rows, and the verdict."""

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.assess import SEED, assess
from modelfleet.evaluation.gate import Decision, Loaded, decide, is_significant
from modelfleet.evaluation.guessing import compare_with_guessing
from modelfleet.evaluation.limits import Measured
from modelfleet.evaluation.measure import latency_ms, measure_predicted
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.answers import BundleAnswers, answers
from modelfleet.registry.bundle_store import Bundle, read_bundle
from modelfleet.registry.model_registry import ExperimentLog, ModelRegistry
from modelfleet.retraining.state import Evaluated, RetrainingState
from modelfleet.spec.errors import StepError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Comparison, Evaluation, PairedTest
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.signal import signal
from modelfleet.training.champion import ChampionResult, measure_champion
from modelfleet.training.loaded_rows import LEARNED, are_too_few, loaded_rows
from modelfleet.training.recent_rows import RECENT_DAYS, recent_rows
from modelfleet.training.run_record import failing_run_is_marked
from modelfleet.training.staging import candidate_folder, side_rows

_CHAMPION_PREFIX = "champion_"
_RECENT = f"predictions from the last {RECENT_DAYS} days"


def evaluate(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    open_scorer: OpenScorer,
) -> Evaluated:
    """Score both bundles' judged models on the test rows and let the gate decide.

    Parameters
    ----------
    spec
        The model.
    state
        State of the retraining after `train`.
    artifacts
        Bucket with the test rows, the candidate, and the champion.
    registry
        Model registry with the run.
    open_scorer
        Loads a `model.onnx`.

    Raises
    ------
    StepError
        If there is no trained candidate.
    BundleError
        If the candidate's bundle is incomplete or damaged.
    """
    if state.trained is None:
        raise StepError(f"{spec.name}: evaluate requires a trained candidate")
    run = registry.open_run(state.trained.run_id)
    with failing_run_is_marked(registry, run.run_id):
        rows = side_rows(artifacts, state, Side.TEST)
        bundle = read_bundle(artifacts, candidate_folder(state))
        candidate = answers(bundle, open_scorer, rows)
        champion = measure_champion(spec, artifacts, open_scorer, rows, candidate)
        recent = recent_rows(artifacts, state)
        if recent is not None:
            # The population has drifted, so the current one decides which model is better.
            lately = measure_champion(
                spec, artifacts, open_scorer, recent, answers(bundle, open_scorer, recent)
            )
            champion = champion.compared_on(lately, _RECENT)
        facts = _facts(spec, bundle, candidate, open_scorer, rows)
        loaded = _on_loaded(spec, state, artifacts, open_scorer, bundle, champion)
        guess = _guess(spec, rows, candidate, champion)
        verdict = decide(
            spec.gate,
            spec.slices,
            facts,
            champion.for_gate,
            loaded=loaded,
            guess=guess,
            signal=_signal(spec, state, artifacts, rows, guess),
            force=state.force,
        )
        result = Evaluated(
            verdict=verdict,
            metrics=measure_predicted(
                spec, outcomes(spec, rows), candidate.predicted, candidate.rule
            ),
            champion_metrics=champion.metrics,
            comparison=champion.comparison,
        )
        _log(run, result, facts.latency_ms)
        if verdict.decision is Decision.BLOCK:
            registry.finish_run(run.run_id)
    return result


def _guess(
    spec: ModelSpec, rows: pd.DataFrame, candidate: BundleAnswers, champion: ChampionResult
) -> PairedTest | None:
    """Compare the candidate with guessing, if no champion decides and its rows are real."""
    if isinstance(champion.for_gate, Comparison) or candidate.manifest.data.generated:
        return None
    return compare_with_guessing(spec, rows, candidate)


def _signal(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    test: pd.DataFrame,
    guess: PairedTest | None,
) -> PairedTest | None:
    """Ask all rows of a small table, if the held-out ones are not enough to tell from guessing."""
    if guess is None or is_significant(guess):
        return None
    sides = [side_rows(artifacts, state, side) for side in LEARNED]
    return signal(spec, pd.concat([*sides, test], ignore_index=True), SEED)


def _on_loaded(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    open_scorer: OpenScorer,
    bundle: Bundle,
    champion: ChampionResult,
) -> Comparison | Evaluation | Loaded:
    """Compare with the champion on rows that are not feedback, even if it is waived elsewhere.

    If the champion cannot score these rows, evaluate the candidate alone.
    """
    if are_too_few(state):
        return Loaded.TOO_FEW
    rows = loaded_rows(artifacts, state)
    if rows is None:
        return Loaded.ALL
    candidate = answers(bundle, open_scorer, rows)
    if champion.comparison is not None:
        on_loaded = measure_champion(spec, artifacts, open_scorer, rows, candidate)
        if on_loaded.comparison is not None:
            return on_loaded.comparison
    return assess(spec, candidate.rule, rows, candidate.predicted)


def _facts(
    spec: ModelSpec,
    bundle: Bundle,
    candidate: BundleAnswers,
    open_scorer: OpenScorer,
    rows: pd.DataFrame,
) -> Measured:
    manifest = bundle.manifest
    return Measured(
        evaluation=manifest.evaluation or assess(spec, candidate.rule, rows, candidate.predicted),
        parity=manifest.parity,
        bundle_bytes=bundle.size,
        latency_ms=latency_ms(open_scorer(bundle.model), manifest.encoding, rows),
        closeness=manifest.judged.closeness if manifest.judged else None,
    )


def _log(run: ExperimentLog, result: Evaluated, latency: float) -> None:
    compared = result.champion_metrics or {}
    run.metrics(result.metrics | {"latency_ms": latency})
    run.metrics({_CHAMPION_PREFIX + name: value for name, value in compared.items()})
    if result.comparison is not None:
        run.metrics(_tested(result.comparison))
        run.tags({"champion": result.comparison.champion_version})
    verdict = result.verdict
    run.tags({"verdict": verdict.decision.value, "verdict_reasons": "; ".join(verdict.reasons)})


def _tested(comparison: Comparison) -> dict[str, float]:
    """Return each paired test's difference, interval, and p-value, by metric."""
    # The first test of a metric wins: McNemar's test, which comes last, is of the accuracy too.
    tests = (comparison.primary, *comparison.others)
    return {name: value for test in reversed(tests) for name, value in _numbers(test).items()}


def _numbers(test: PairedTest) -> dict[str, float]:
    numbers = {
        "": test.difference,
        "_lower": test.lower,
        "_upper": test.upper,
        "_p_value": test.p_value,
    }
    return {
        f"difference_{test.metric}{end}": value
        for end, value in numbers.items()
        if value is not None
    }
