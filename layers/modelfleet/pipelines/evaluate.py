"""The third step of a retraining: candidate and champion on the same rows, and the verdict."""

from dataclasses import dataclass

import pandas as pd

from modelfleet.domain import keys
from modelfleet.domain.bundle import BundleManifest
from modelfleet.domain.dataset import Side
from modelfleet.domain.errors import BundleError, ObjectNotFoundError, ScoringError, StepError
from modelfleet.domain.features import Column, ColumnKind
from modelfleet.domain.gate import Decision, Verdict, judge
from modelfleet.domain.messages import Evaluated, RetrainingState
from modelfleet.domain.ports import ExperimentLog, ModelRegistry, ObjectStore
from modelfleet.domain.release import read_pointer
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.bundle import Bundle, candidate_folder, read_bundle
from modelfleet.pipelines.export import OpenScorer
from modelfleet.pipelines.measure import measure, rule_of
from modelfleet.pipelines.run_record import failing_run_is_marked
from modelfleet.pipelines.splits import side_rows

_CHAMPION_PREFIX = "champion_"


@dataclass(frozen=True)
class Comparison:
    """The champion's metrics, or in words why there are none; neither where nothing serves."""

    metrics: dict[str, float] | None = None
    obstacle: str | None = None


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
        raise StepError(f"{spec.name}: evaluate comes after train")
    run = registry.open_run(state.trained.run_id)
    with failing_run_is_marked(registry, run.run_id):
        rows = side_rows(artifacts, state, Side.TEST)
        bundle = read_bundle(artifacts, candidate_folder(state))
        metrics = _measure(spec, bundle, open_scorer, rows)
        champion = _compare(spec, artifacts, open_scorer, rows)
        verdict = _verdict(spec, state, bundle, metrics, champion)
        _log(run, metrics, champion, verdict)
        if verdict.decision is Decision.BLOCK:
            registry.finish_run(run.run_id)
    return Evaluated(verdict=verdict, metrics=metrics, champion_metrics=champion.metrics)


def _measure(
    spec: ModelSpec, bundle: Bundle, open_scorer: OpenScorer, rows: pd.DataFrame
) -> dict[str, float]:
    manifest = bundle.manifest
    scorer = open_scorer(bundle.model)
    return measure(spec, scorer, manifest.encoding, rule_of(manifest), rows)


def _compare(
    spec: ModelSpec, artifacts: ObjectStore, open_scorer: OpenScorer, rows: pd.DataFrame
) -> Comparison:
    """Measure the champion, unless its bundle cannot answer for today's rows.

    A champion that is damaged or knows other columns must not keep its successor out.
    """
    try:
        pointer = read_pointer(artifacts.get(keys.release_pointer(spec.name)).content)
    except ObjectNotFoundError:
        return Comparison()
    name = f"champion {pointer.champion}"
    try:
        bundle = read_bundle(artifacts, keys.bundle(spec.name, pointer.champion))
        if obstacle := _obstacle(spec, bundle.manifest):
            return Comparison(obstacle=f"{name} is not comparable: {obstacle}")
        return Comparison(metrics=_measure(spec, bundle, open_scorer, rows))
    except (BundleError, ObjectNotFoundError, ScoringError) as error:
        return Comparison(obstacle=f"{name} is not comparable: {error}")


def _obstacle(spec: ModelSpec, manifest: BundleManifest) -> str | None:
    today = {column.name: column for column in spec.features.columns()}
    before = {column.name: column for column in manifest.features}
    names = manifest.encoding.names
    if absent := sorted(set(names) - set(today)):
        return f"it needs the columns {', '.join(absent)}, which today's rows do not have"
    if changed := [name for name in names if _is_text(today[name]) != _is_text(before[name])]:
        return f"the columns {', '.join(changed)} were of another kind"
    if (manifest.task, manifest.target) != (spec.task, spec.target.column):
        return f"it predicts {manifest.target} ({manifest.task})"
    return None


def _is_text(column: Column) -> bool:
    return column.kind is ColumnKind.CATEGORY


def _verdict(
    spec: ModelSpec,
    state: RetrainingState,
    bundle: Bundle,
    metrics: dict[str, float],
    champion: Comparison,
) -> Verdict:
    verdict = judge(spec.gate, metrics, champion.metrics, bundle.manifest.parity, bundle.size)
    if champion.obstacle and verdict.decision is Decision.PROMOTE:
        return Verdict(decision=Decision.PROMOTE, reasons=(champion.obstacle,))
    if state.force and verdict.decision is Decision.KEEP:
        forced = "promoted all the same, because the request says force"
        return Verdict(decision=Decision.PROMOTE, reasons=(*verdict.reasons, forced))
    return verdict


def _log(
    run: ExperimentLog, metrics: dict[str, float], champion: Comparison, verdict: Verdict
) -> None:
    compared = champion.metrics or {}
    run.metrics(metrics | {_CHAMPION_PREFIX + name: value for name, value in compared.items()})
    run.tags({"verdict": verdict.decision.value, "verdict_reasons": "; ".join(verdict.reasons)})
