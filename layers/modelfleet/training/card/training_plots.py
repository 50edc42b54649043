"""Plots of a training: the learning curve, and the calibration before and after."""

from collections.abc import Iterator

from markupsafe import Markup

from modelfleet.pages.charts import Axis, Chart
from modelfleet.pages.numbers import metric_name
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.calibration import calibrate
from modelfleet.statistics.calibration_error import calibration_curve
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.results import CalibrationPoint, Selection
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import Values
from modelfleet.training.card.plots import Plot

_KINDS = {"before": "two", "after": "one"}


def draw_training(
    spec: ModelSpec,
    selection: Selection | None,
    y: Values,
    scores: Values,
    calibration: Calibration | None,
) -> tuple[Plot, ...]:
    """Draw what was measured out of fold.

    Parameters
    ----------
    spec
        The model.
    selection
        The choice of its pipeline, with the learning curve.
    y, scores
        Outcomes, shape (n,), and out-of-fold predictions before calibration, shape (n,) or
        (n, classes).
    calibration
        Calibration fitted on them; `None` for none.
    """
    return (*_learning(selection), *_calibration(spec, y, scores, calibration))


def _learning(selection: Selection | None) -> Iterator[Plot]:
    if selection is None or not selection.learning_curve:
        return
    metric, points = metric_name(selection.metric), selection.learning_curve
    lows, highs = zip(*((p.mean - p.spread, p.mean + p.spread) for p in points), strict=True)
    pad = 0.08 * (max(highs) - min(lows)) or 0.01
    chart = Chart(
        "Learning curve",
        Axis(0.0, 1.05 * points[-1].rows, "rows fitted"),
        Axis(min(lows) - pad, max(highs) + pad, metric),
    )
    chart.grid()
    for point, low, high in zip(points, lows, highs, strict=True):
        chart.curve(((point.rows, low), (point.rows, high)), "curve one faint-line")
    chart.curve([(point.rows, point.mean) for point in points], "curve one")
    for point in points:
        chart.point(point.rows, point.mean, "fill-one halo", 5)
    yield Plot(
        "learning_curve",
        "Learning curve",
        "Cross-validated score of the chosen candidate by the number of rows that it is fitted on. "
        "Bars are one standard deviation over the folds.",
        chart.svg(),
    )


def _calibration(
    spec: ModelSpec, y: Values, scores: Values, calibration: Calibration | None
) -> Iterator[Plot]:
    confidence = STATISTICS[spec.task].confidence
    before, after = confidence(y, scores), confidence(y, calibrate(calibration, scores))
    if calibration is None or before is None or after is None:
        return
    curves = {"before": calibration_curve(*before), "after": calibration_curve(*after)}
    yield Plot(
        "calibration_change",
        "Calibration before and after",
        "Out-of-fold probabilities of the training rows, before and after they are calibrated.",
        _curves(curves),
    )


def _curves(curves: dict[str, tuple[CalibrationPoint, ...]]) -> Markup:
    points = [point for curve in curves.values() for point in curve]
    high = min(1.0, 1.05 * max(max(point.predicted, point.observed) for point in points))
    chart = Chart(
        "Calibration before and after",
        Axis(0.0, high, "mean probability", percent=True),
        Axis(0.0, high, "observed share", percent=True),
    )
    chart.grid()
    chart.curve(((0.0, 0.0), (high, high)), "rule")
    for name, curve in curves.items():
        chart.curve([(point.predicted, point.observed) for point in curve], f"curve {_KINDS[name]}")
        for point in curve:
            chart.point(point.predicted, point.observed, f"fill-{_KINDS[name]} halo", 4)
    chart.legend([(f"fill-{kind}", name) for name, kind in _KINDS.items()])
    return chart.svg()
