"""Train step: fits, calibrates, chooses the decision rule, refits, exports, and stages."""

import math
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.closeness import closeness
from modelfleet.evaluation.holdout import held_out
from modelfleet.evaluation.measure import measure_predicted, predict
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.manifest import DataFingerprint, JudgedModel, sha256
from modelfleet.registry.model_registry import ModelRegistry
from modelfleet.retraining.state import Prepared, RetrainingState, Trained
from modelfleet.spec.errors import StepError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.calibration import calibrate
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import TableFormat
from modelfleet.tables.target import Values, outcomes
from modelfleet.training.candidates.choose import Choice, Chosen, choose_candidate
from modelfleet.training.candidates.cross_validate import OutOfFold
from modelfleet.training.candidates.learning_curve import learned
from modelfleet.training.candidates.select import Progress, no_progress
from modelfleet.training.card.plots import draw
from modelfleet.training.card.training_plots import draw_training
from modelfleet.training.code_version import code_version
from modelfleet.training.export import Export, Exporter
from modelfleet.training.fit import FittedModel, require_every_outcome
from modelfleet.training.loaded_rows import LEARNED, added_content, deciding_rows
from modelfleet.training.package import (
    Candidate,
    JudgedTwin,
    Origin,
    background,
    package,
    replay,
)
from modelfleet.training.profile import reference_profile
from modelfleet.training.recent_rows import recent_rows
from modelfleet.training.run_record import (
    TrainingRecord,
    failing_run_is_marked,
    record_training,
    run_description,
)
from modelfleet.training.staging import (
    side_content,
    stage_selection,
    staged_format,
    staged_selection,
    write_candidate,
)
from modelfleet.training.twins import Twins, fit_twins

# Fixed, so that a retry on the same rows stages the same model.
SEED = 20260101
# Processor time for candidates on generated rows, of which nobody needs the best model.
GENERATED_SECONDS = 10.0


def train(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    registry: ModelRegistry,
    exporter: Exporter,
    open_scorer: OpenScorer,
    now: datetime,
    progress: Progress = no_progress,
    seconds: float | None = None,
) -> Trained:
    """Choose among the model's candidates, fit the chosen one twice, and stage its bundle.

    The judged model is fitted on the training rows. The served one has the same recipe, and learns
    the held-out rows as well; if the recipe cannot learn them, the judged model serves. Decision
    rule, profile, and all figures are of the judged model.

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
    seconds
        Processor time for trying candidates; by default, as declared, or little for generated rows.

    Raises
    ------
    StepError
        If no rows are prepared.
    DatasetError
        If the target is constant, or a class has no training row.
    ParityError
        If an export's predictions differ from those of its fitted pipeline.
    """
    if state.prepared is None:
        raise StepError(f"{spec.name}: train requires prepared rows")
    _require_same_code(spec, state, state.prepared)
    version = state.prepared.dataset_version
    run = registry.start_run(spec.name, state.staged_by)
    with failing_run_is_marked(registry, run.run_id):
        run.tags(_tags(state, version))
        rows = _read(artifacts, state, state.prepared)
        chosen = _choose(spec, state, artifacts, rows.train, seconds, progress)
        to_onnx = Export(exporter, open_scorer, spec.features.columns(), rows.test)
        twins = fit_twins(spec, chosen, (rows.train, rows.added), to_onnx, SEED, progress)
        if twins.are_one:
            rows = replace(rows, added=None, fingerprint=rows.judged)
        if twins.chosen is not chosen:
            chosen = twins.chosen
            stage_selection(artifacts, state, chosen.selection)
        selection = learned(chosen, SEED, generated=state.prepared.generated)
        stage_selection(artifacts, state, selection)
        origin = Origin(
            run_id=run.run_id,
            estimator=chosen.name,
            selection=selection,
            created_at=now,
            code_version=code_version(spec.name),
            data_warnings=(*state.prepared.warnings, *twins.warnings),
            trigger=state.trigger.value,
            trigger_evidence=state.evidence,
        )
        candidate = _candidate(spec, twins, rows, origin)
        bundle = package(spec, candidate)
        write_candidate(artifacts, state, bundle)
        run.describe(run_description(state, bundle.manifest))
        record_training(
            run,
            spec,
            bundle,
            TrainingRecord(twins.served.model.pipeline, SEED, candidate.plots, twins.speed),
        )
    return Trained(
        run_id=run.run_id,
        estimator=chosen.name,
        parity_maximum_difference=bundle.manifest.parity.maximum_difference,
    )


def _choose(
    spec: ModelSpec,
    state: RetrainingState,
    artifacts: ObjectStore,
    train: pd.DataFrame,
    seconds: float | None,
    progress: Progress,
) -> Chosen:
    """Choose a candidate, or read what an earlier attempt of this execution has chosen."""
    require_every_outcome(spec, train)
    if seconds is None:
        generated = state.prepared is not None and state.prepared.generated
        seconds = min(spec.training.seconds, GENERATED_SECONDS if generated else math.inf)
    decided = staged_selection(artifacts, state)
    choice = Choice(trials=state.tune, seconds=seconds, decided=decided)
    chosen = choose_candidate(spec, train, SEED, choice, progress)
    if decided is None:
        stage_selection(artifacts, state, chosen.selection)
    return chosen


@dataclass(frozen=True)
class _Rows:
    """`train` are the training rows; `deciding` marks those that choose the rule, if not all do.

    `added` are the held-out rows that the served model learns too. `fingerprint` is of all rows
    that it learns, `judged` of the training rows.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    added: pd.DataFrame | None
    recent: pd.DataFrame | None
    deciding: NDArray[np.bool_] | None
    fingerprint: DataFingerprint
    judged: DataFingerprint
    table_format: TableFormat | None


def _read(artifacts: ObjectStore, state: RetrainingState, prepared: Prepared) -> _Rows:
    content = {side: side_content(artifacts, state, side) for side in Side}
    learned = [content[side] for side in LEARNED]
    train = pd.concat(map(read_frame, learned), ignore_index=True)
    extra = added_content(artifacts, state, content[Side.TEST])
    added = None if extra is None else read_frame(extra)
    fingerprint = DataFingerprint(
        dataset_version=prepared.dataset_version,
        sha256=sha256(b"".join([*learned, extra or b""])),
        rows=len(train) + (0 if added is None else len(added)),
        generated=prepared.generated,
        loaded_at=prepared.loaded_at,
    )
    before = {"sha256": sha256(b"".join(learned)), "rows": len(train)}
    return _Rows(
        train=train,
        test=read_frame(content[Side.TEST]),
        added=added,
        recent=recent_rows(artifacts, state),
        deciding=deciding_rows(artifacts, state),
        fingerprint=fingerprint,
        judged=fingerprint.model_copy(update=before),
        table_format=staged_format(artifacts, state),
    )


def _candidate(spec: ModelSpec, twins: Twins, rows: _Rows, origin: Origin) -> Candidate:
    """Measure the judged model's export on the held-out rows, and describe the served one."""
    judged, served, found = twins.judged, twins.served, twins.chosen.out_of_fold
    model = judged.model
    predicted = predict(judged.scorer, model.encoding, rows.test)
    y, scores = _deciding(model, found, rows.deciding)
    statistics = STATISTICS[spec.task]
    rule = statistics.choose_rule(spec, y, scores)
    drawn = held_out(spec, judged.scorer, model.encoding, rows.test, SEED)
    return Candidate(
        origin=origin,
        data=rows.fingerprint,
        encoding=served.model.encoding,
        rule=rule,
        calibration=model.calibration_choice,
        threshold_choice=statistics.explain_rule(spec, y, scores, rule),
        metrics=measure_predicted(spec, outcomes(spec, rows.test), predicted, rule),
        evaluation=assess(spec, rule, rows.test, predicted),
        parity=served.parity,
        model=served.content,
        profile=reference_profile(spec.features.columns(), rows.train, predicted, spec.classes),
        background=background(rows.train, SEED),
        replay=replay(served.scorer, served.model.encoding, _callers(rows), SEED),
        table_format=rows.table_format,
        plots=(
            *draw(spec, rule, drawn),
            *draw_training(spec, origin.selection, found.y, found.predicted, model.calibration),
        ),
        judged=_twin(spec, twins, rows),
        importance={each.column: each.loss for each in drawn.importance},
    )


def _twin(spec: ModelSpec, twins: Twins, rows: _Rows) -> JudgedTwin | None:
    if rows.added is None:
        return None
    judged, served = (
        predict(each.scorer, each.model.encoding, rows.added)
        for each in (twins.judged, twins.served)
    )
    close = closeness(outcomes(spec, rows.added), judged, served)
    return JudgedTwin(
        described=JudgedModel(data=rows.judged, closeness=close),
        encoding=twins.judged.model.encoding,
        model=twins.judged.content,
    )


def _deciding(
    model: FittedModel, found: OutOfFold, deciding: NDArray[np.bool_] | None
) -> tuple[Values, Values]:
    """Return outcomes and calibrated out-of-fold predictions of the rows that choose the rule."""
    chosen = slice(None) if deciding is None else deciding[found.rows]
    return found.y[chosen], calibrate(model.calibration, found.predicted[chosen])


def _callers(rows: _Rows) -> pd.DataFrame:
    """Return the held-out rows most similar to upcoming requests, for a release to replay."""
    return rows.test if rows.recent is None else rows.recent


def _require_same_code(spec: ModelSpec, state: RetrainingState, prepared: Prepared) -> None:
    """Require that rows which another execution prepared were prepared by this code."""
    if state.work is not None and prepared.code_version != code_version(spec.name):
        raise StepError(
            f"{spec.name}: the code has changed since {state.work} prepared its rows; start again "
            f"with `fleet retrain {spec.name}`"
        )


def _tags(state: RetrainingState, dataset_version: str) -> dict[str, str]:
    return {
        "execution": state.execution,
        "trigger": state.trigger.value,
        **({"triggered_by": state.by} if state.by else {}),
        **({"trigger_evidence": "; ".join(state.evidence)} if state.evidence else {}),
        "dataset_version": dataset_version,
    }
