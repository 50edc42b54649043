"""The train step: fit, calibrate, choose the threshold, export, stage the candidate."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.holdout import held_out
from modelfleet.evaluation.measure import choose_rule, measure, predict
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.manifest import DataFingerprint, sha256
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.retraining.state import Prepared, RetrainingState, Trained
from modelfleet.spec.errors import StepError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.decision_rule import Rule
from modelfleet.statistics.results import ThresholdChoice
from modelfleet.statistics.threshold import describe_threshold
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import TableFormat
from modelfleet.tables.target import Values, outcomes
from modelfleet.training.candidates.choose import choose_candidate
from modelfleet.training.candidates.select import Progress, unheard
from modelfleet.training.card.plots import draw
from modelfleet.training.code_version import code_version
from modelfleet.training.export import Exporter, export, measure_parity
from modelfleet.training.fit import FittedModel, fit
from modelfleet.training.loaded_rows import loaded_rows
from modelfleet.training.package import Candidate, Origin, background, package, replay
from modelfleet.training.profile import reference_profile
from modelfleet.training.recent_rows import recent_rows
from modelfleet.training.run_record import (
    TrainingRecord,
    failing_run_is_marked,
    record_training,
)
from modelfleet.training.staging import side_content, staged_format, write_candidate

# The same rows give the same model, so that a retried step stages what the first attempt would.
SEED = 20260101


def train(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    exporter: Exporter,
    open_scorer: OpenScorer,
    now: datetime,
    progress: Progress = unheard,
) -> Trained:
    """Compare the model's candidates, fit the one that is taken, and stage its bundle.

    Parameters
    ----------
    spec
        The model.
    state
        The machine's data after `prepare`.
    artifacts
        The bucket with the splits; the candidate is staged beside them.
    registry
        The record of runs; the execution's run is opened there, or gone on with.
    exporter, open_scorer
        Write `model.onnx` and load it.
    now
        The time to put on the bundle.
    progress
        Told of each candidate's score, and of each trial of tuning, as it comes.

    Raises
    ------
    StepError
        If nothing is prepared.
    DatasetError
        If the training rows cannot be learned from.
    ParityError
        If the export does not answer like the fitted pipeline.
    """
    if state.prepared is None:
        raise StepError(f"{spec.name}: train requires prepared rows")
    version = state.prepared.dataset_version
    run = registry.start_run(spec.name, state.execution)
    with failing_run_is_marked(registry, run.run_id):
        run.tags(_tags(state, version))
        rows = _read(artifacts, state, state.prepared)
        chosen = choose_candidate(spec, rows.train, SEED, state.tune, progress)
        progress(f"{chosen.name}: fitted on {len(rows.train)} rows")
        model = fit(spec, chosen.pipeline, rows.train, SEED)
        origin = Origin(
            run_id=run.run_id,
            estimator=chosen.name,
            selection=chosen.selection,
            created_at=now,
            code_version=code_version(spec.name),
            data_warnings=state.prepared.warnings,
            trigger=state.trigger.value,
            trigger_evidence=state.evidence,
        )
        candidate = _candidate(spec, model, rows, exporter, open_scorer, origin)
        bundle = package(spec, candidate)
        write_candidate(artifacts, state, bundle)
        record_training(run, spec, bundle, TrainingRecord(model.pipeline, SEED, candidate.plots))
    return Trained(
        run_id=run.run_id,
        estimator=chosen.name,
        parity_maximum_difference=bundle.manifest.parity.maximum_difference,
    )


@dataclass(frozen=True)
class _Rows:
    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    recent: pd.DataFrame | None
    deciding: pd.DataFrame
    fingerprint: DataFingerprint
    table_format: TableFormat | None


def _read(artifacts: ObjectStore, state: RetrainingState, prepared: Prepared) -> _Rows:
    content = {side: side_content(artifacts, state, side) for side in Side}
    frames = {side: read_frame(content[side]) for side in Side}
    fingerprint = DataFingerprint(
        dataset_version=prepared.dataset_version,
        sha256=sha256(content[Side.TRAIN]),
        rows=len(frames[Side.TRAIN]),
        generated=prepared.generated,
        loaded_at=prepared.loaded_at,
    )
    loaded = loaded_rows(artifacts, state, Side.VALIDATION)
    return _Rows(
        train=frames[Side.TRAIN],
        validation=frames[Side.VALIDATION],
        test=frames[Side.TEST],
        recent=recent_rows(artifacts, state),
        deciding=frames[Side.VALIDATION] if loaded is None else loaded,
        fingerprint=fingerprint,
        table_format=staged_format(artifacts, state),
    )


def _candidate(
    spec: ModelSpec,
    model: FittedModel,
    rows: _Rows,
    exporter: Exporter,
    open_scorer: OpenScorer,
    origin: Origin,
) -> Candidate:
    """Export the model, and decide and measure on the export, because that is what will serve."""
    content = export(model, exporter)
    scorer = open_scorer(content)
    columns = spec.features.columns()
    parity = measure_parity(model, scorer, columns, rows.test)
    predicted = predict(scorer, model.encoding, rows.validation)
    y = outcomes(spec, rows.deciding)
    scores = predict(scorer, model.encoding, rows.deciding)
    rule = choose_rule(spec, y, scores)
    return Candidate(
        origin=origin,
        data=rows.fingerprint,
        encoding=model.encoding,
        rule=rule,
        calibration=model.calibration_choice,
        threshold_choice=_threshold_choice(spec, y, scores, rule),
        metrics=measure(spec, scorer, model.encoding, rule, rows.test),
        evaluation=assess(spec, rule, rows.test, predict(scorer, model.encoding, rows.test)),
        parity=parity,
        model=content,
        profile=reference_profile(columns, rows.train, predicted, spec.classes),
        background=background(rows.train, SEED),
        replay=replay(scorer, model.encoding, _callers(rows), SEED),
        table_format=rows.table_format,
        plots=draw(spec, rule, held_out(spec, scorer, model.encoding, rows.test, SEED)),
    )


def _callers(rows: _Rows) -> pd.DataFrame:
    """The held-out rows that are most like those to come, which a release tries the version on."""
    return rows.test if rows.recent is None else rows.recent


def _threshold_choice(
    spec: ModelSpec, y: Values, predicted: Values, rule: Rule
) -> ThresholdChoice | None:
    if not isinstance(rule, float):
        return None
    return describe_threshold(y, predicted, spec.threshold, rule)


def _tags(state: RetrainingState, dataset_version: str) -> dict[str, str]:
    return {
        "execution": state.execution,
        "trigger": state.trigger.value,
        **({"triggered_by": state.by} if state.by else {}),
        **({"trigger_evidence": "; ".join(state.evidence)} if state.evidence else {}),
        "dataset_version": dataset_version,
    }
