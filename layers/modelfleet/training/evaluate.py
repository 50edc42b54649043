"""The evaluate step: candidate and champion on the same rows, and the verdict."""

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.gate import Decision, Loaded, decide
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
from modelfleet.training.champion import Rival, meet_champion
from modelfleet.training.loaded_rows import are_too_few, loaded_rows
from modelfleet.training.recent_rows import RECENT_DAYS, recent_rows
from modelfleet.training.run_record import failing_run_is_marked
from modelfleet.training.staging import candidate_folder, side_rows

_CHAMPION_PREFIX = "champion_"
_CALLERS = f"callers of the last {RECENT_DAYS} days"


def evaluate(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    open_scorer: OpenScorer,
) -> Evaluated:
    """Score both bundles on the test rows and let the gate decide.

    Parameters
    ----------
    spec
        The model.
    state
        The machine's data after `train`.
    artifacts
        The bucket with the test rows, the candidate and the champion.
    registry
        The record of runs.
    open_scorer
        Loads a `model.onnx`.

    Raises
    ------
    StepError
        If nothing is trained.
    BundleError
        If the candidate's bundle is not whole.
    """
    if state.trained is None:
        raise StepError(f"{spec.name}: evaluate requires a trained candidate")
    run = registry.open_run(state.trained.run_id)
    with failing_run_is_marked(registry, run.run_id):
        rows = side_rows(artifacts, state, Side.TEST)
        bundle = read_bundle(artifacts, candidate_folder(state))
        candidate = answers(bundle, open_scorer, rows)
        rival = meet_champion(spec, artifacts, open_scorer, rows, candidate)
        recent = recent_rows(artifacts, state)
        if recent is not None:
            # A finding says that callers are others now: who is better for them is the question.
            lately = meet_champion(
                spec, artifacts, open_scorer, recent, answers(bundle, open_scorer, recent)
            )
            rival = rival.judged_on(lately, _CALLERS)
        facts = _facts(spec, bundle, candidate, open_scorer, rows)
        loaded = _on_loaded(spec, state, artifacts, open_scorer, bundle, rival)
        verdict = decide(
            spec.gate,
            spec.slices,
            facts,
            rival.stand,
            loaded=loaded,
            guess=compare_with_guessing(spec, rows, candidate),
            force=state.force,
        )
        result = Evaluated(
            verdict=verdict,
            metrics=measure_predicted(
                spec, outcomes(spec, rows), candidate.predicted, candidate.rule
            ),
            champion_metrics=rival.metrics,
            comparison=rival.comparison,
        )
        _log(run, result, facts.latency_ms)
        if verdict.decision is Decision.BLOCK:
            registry.finish_run(run.run_id)
    return result


def _on_loaded(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    open_scorer: OpenScorer,
    bundle: Bundle,
    rival: Rival,
) -> Comparison | Evaluation | Loaded:
    """Compare with the champion where callers have no say, though it may be waived elsewhere.

    Where none can answer, the candidate is measured by itself.
    """
    if are_too_few(state):
        return Loaded.TOO_FEW
    rows = loaded_rows(artifacts, state, Side.TEST)
    if rows is None:
        return Loaded.ALL
    candidate = answers(bundle, open_scorer, rows)
    if rival.comparison is not None:
        met = meet_champion(spec, artifacts, open_scorer, rows, candidate)
        if met.comparison is not None:
            return met.comparison
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
    """Each paired test's difference with its interval and p-value, by the name of its metric."""
    # The first of two tests of one metric is told: McNemar's is of the accuracy too.
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
