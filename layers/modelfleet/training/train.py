"""Train step: fits, calibrates, chooses the decision rule, exports, and stages the candidate."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.holdout import held_out
from modelfleet.evaluation.measure import measure, predict
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.manifest import DataFingerprint, sha256
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.retraining.state import Prepared, RetrainingState, Trained
from modelfleet.spec.errors import StepError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import TableFormat
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.choose import choose_candidate
from modelfleet.training.candidates.select import Progress, no_progress
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

# Fixed, so that a retry on the same rows stages the same model.
SEED = 20260101


def train(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    exporter: Exporter,
    open_scorer: OpenScorer,
    now: datetime,
    progress: Progress = no_progress,
) -> Trained:
    """Choose among the model's candidates, fit the chosen one, and stage its bundle.

    Parameters
    ----------
    spec
        The model.
    state
        State of the retraining after `prepare`.
    artifacts
        Bucket with the splits, in which the candidate is staged.
    registry
        Model registry; the execution's run is created there, or continued.
    exporter, open_scorer
        Write and load `model.onnx`.
    now
        Creation time of the bundle.
    progress
        Called with a message for each candidate's score and each tuning trial.

    Raises
    ------
    StepError
        If no rows are prepared.
    DatasetError
        If the target is constant, or a class has no training row.
    ParityError
        If the export's predictions differ from those of the fitted pipeline.
    """
    if state.prepared is None:
        raise StepError(f"{spec.name}: train requires prepared rows")
    version = state.prepared.dataset_version
    run = registry.start_run(spec.name, state.execution)
    with failing_run_is_marked(registry, run.run_id):
        run.tags(_tags(state, version))
        rows = _read(artifacts, state, state.prepared)
        chosen = choose_candidate(spec, rows.train, SEED, state.tune, progress)
        progress(f"{chosen.name}: fitting on {len(rows.train)} rows")
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
    """Export the model, then choose the rule and measure on the export, which is what serves."""
    content = export(model, exporter)
    scorer = open_scorer(content)
    columns = spec.features.columns()
    parity = measure_parity(model, scorer, columns, rows.test)
    predicted = predict(scorer, model.encoding, rows.validation)
    y = outcomes(spec, rows.deciding)
    scores = predict(scorer, model.encoding, rows.deciding)
    statistics = STATISTICS[spec.task]
    rule = statistics.choose_rule(spec, y, scores)
    return Candidate(
        origin=origin,
        data=rows.fingerprint,
        encoding=model.encoding,
        rule=rule,
        calibration=model.calibration_choice,
        threshold_choice=statistics.explain_rule(spec, y, scores, rule),
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
    """Return the held-out rows most similar to upcoming requests, for a release to replay."""
    return rows.test if rows.recent is None else rows.recent


def _tags(state: RetrainingState, dataset_version: str) -> dict[str, str]:
    return {
        "execution": state.execution,
        "trigger": state.trigger.value,
        **({"triggered_by": state.by} if state.by else {}),
        **({"trigger_evidence": "; ".join(state.evidence)} if state.evidence else {}),
        "dataset_version": dataset_version,
    }
