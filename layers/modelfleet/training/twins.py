"""The judged and the served model of one recipe, which is fast enough to serve."""

from dataclasses import dataclass, replace

import pandas as pd

from modelfleet.evaluation.measure import Speed, speed
from modelfleet.spec.errors import DatasetError, ParityError
from modelfleet.spec.model import ModelSpec, Training
from modelfleet.training.candidates.choose import Chosen
from modelfleet.training.candidates.select import Progress
from modelfleet.training.export import Export, Exported
from modelfleet.training.fit import fit, refit

_ATTEMPTS = 3
_A_SECOND = 1e6
# A measured time counts up to so many times its estimate: more is other work on the processor, and
# must not decide how large a model is.
_BUSY = 1.5
# How much smaller than the measurement asks for, so that the next one passes.
_MARGIN = 0.95


@dataclass(frozen=True)
class Twins:
    """The judged and the served model, which may be one, and the choice behind them."""

    chosen: Chosen
    judged: Exported
    served: Exported
    speed: Speed
    warnings: tuple[str, ...] = ()

    @property
    def are_one(self) -> bool:
        """Whether the judged model serves."""
        return self.judged is self.served

    def affordable_share(self, required: Training) -> float:
        """Return the share of the time per row that the required speed allows."""
        row, estimate = _A_SECOND / self.speed.rows_per_second, self.chosen.out_of_fold.microseconds
        counted = min(row, _BUSY * estimate) if estimate else row
        in_batches = _A_SECOND / required.rows_per_second / counted
        return min(in_batches, required.p50_ms / self.speed.p50_ms)


def fit_twins(
    spec: ModelSpec,
    chosen: Chosen,
    rows: tuple[pd.DataFrame, pd.DataFrame | None],
    to_onnx: Export,
    seed: int,
    progress: Progress,
) -> Twins:
    """Fit the chosen pipeline twice, or a smaller one if its export is too slow.

    If the export of a candidate differs from its fitted pipeline, the next best one is fitted.

    Parameters
    ----------
    spec
        The model.
    chosen
        The chosen pipeline.
    rows
        The training rows, which the judged model learns, and those that the served one learns as
        well; `None` if one model is both.
    to_onnx
        Exports a fitted model.
    seed
        Seed of the calibration's folds.
    progress
        Called with a message for each fit.

    Raises
    ------
    ParityError
        If no candidate's export equals its fitted pipeline.
    """
    twins = _fit_exportable(spec, chosen, rows, to_onnx, seed, progress)
    for _ in range(_ATTEMPTS):
        share = twins.affordable_share(spec.training)
        if share >= 1.0:
            return twins
        progress(f"{twins.chosen.name} scores {twins.speed.rows_per_second:,.0f} rows/s: too slow")
        affordable = _MARGIN * share * twins.chosen.out_of_fold.microseconds
        # Without an estimate, the pipeline has nothing that could be smaller.
        again = chosen.contest.within(affordable, exactly=True) if affordable else twins.chosen
        if again.out_of_fold is twins.chosen.out_of_fold:
            break
        twins = _fit_exportable(spec, again, rows, to_onnx, seed, progress)
    if twins.affordable_share(spec.training) >= 1.0:
        return twins
    limits = f"{spec.training.rows_per_second:,.0f} rows/s, p50 {spec.training.p50_ms:g} ms"
    warning = f"{twins.chosen.name}: slower than required ({limits})"
    progress(warning)
    return Twins(twins.chosen, twins.judged, twins.served, twins.speed, (*twins.warnings, warning))


def _fit_exportable(
    spec: ModelSpec,
    chosen: Chosen,
    rows: tuple[pd.DataFrame, pd.DataFrame | None],
    to_onnx: Export,
    seed: int,
    progress: Progress,
) -> Twins:
    warnings: list[str] = []
    while True:
        try:
            twins = _fit(spec, chosen, rows, to_onnx, seed, progress)
        except ParityError as error:
            again = chosen.contest.instead_of(chosen.name, str(error))
            if again is None:
                raise
            warnings.append(f"{again.name} instead of {chosen.name}: {error}")
            progress(warnings[-1])
            chosen = again
        else:
            return replace(twins, warnings=(*warnings, *twins.warnings))


def _fit(
    spec: ModelSpec,
    chosen: Chosen,
    rows: tuple[pd.DataFrame, pd.DataFrame | None],
    to_onnx: Export,
    seed: int,
    progress: Progress,
) -> Twins:
    train, added = rows
    progress(f"{chosen.name}: fitting on {len(train):,} rows")
    model = fit(spec, chosen.pipeline, train, seed, chosen.out_of_fold)
    judged = served = to_onnx(model)
    warnings: tuple[str, ...] = ()
    if added is not None:
        progress(f"{chosen.name}: fitting on all {len(train) + len(added):,} rows, to serve")
        try:
            whole = refit(spec, model, pd.concat([train, added], ignore_index=True))
        except DatasetError as error:
            # The recipe was chosen on the training rows, which need not show every outcome.
            warnings = (f"{chosen.name}: serves without the held-out rows ({error})",)
            progress(warnings[0])
        else:
            served = to_onnx(whole)
    measured = speed(served.scorer, served.model.encoding, to_onnx.held_out)
    return Twins(chosen, judged, served, measured, warnings)
