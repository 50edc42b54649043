"""Plots of each task, for the model card and the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from modelfleet.evaluation.assess import class_results
from modelfleet.evaluation.holdout import HeldOut
from modelfleet.pages.charts import Axis, Chart
from modelfleet.pages.numbers import percent, short
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.statistics.calibration_error import calibration_curve
from modelfleet.statistics.curves import (
    Confusion,
    confusion,
    precision_recall_points,
    roc_points,
    score_shares,
    share_interval,
)
from modelfleet.statistics.decision_rule import Classes, PredictionInterval, Rule
from modelfleet.statistics.results import CalibrationPoint
from modelfleet.statistics.tasks.multiclass import likeliest
from modelfleet.training.card import class_plots
from modelfleet.training.card.value_plots import coverage, predicted_against_actual, residuals

_SCORE_BINS = 25
_COLUMNS_SHOWN = 12
_ENDS = (0.0, 1.0)


@dataclass(frozen=True)
class Plot:
    """A chart with its file name, title, and caption."""

    name: str
    title: str
    caption: str
    svg: Markup


def draw(spec: ModelSpec, rule: Rule, rows: HeldOut) -> tuple[Plot, ...]:
    """Draw the plots of a model on held-out rows.

    Parameters
    ----------
    spec
        The model.
    rule
        Its decision rule.
    rows
        Held-out rows with the model's predictions.
    """
    plots = PLOTS[spec.task](spec, rule, rows)
    return (*plots, _importance(rows)) if rows.importance else plots


def _binary(_spec: ModelSpec, threshold: float, rows: HeldOut) -> tuple[Plot, ...]:
    counts = confusion(rows.y, rows.predicted, threshold)
    return (
        Plot(
            "calibration",
            "Calibration",
            "Share of positives among rows with similar probabilities; a calibrated model follows "
            "the diagonal. Bars are 95% intervals.",
            _calibration(calibration_curve(rows.y, rows.predicted)),
        ),
        Plot(
            "scores",
            "Scores",
            "Distribution of predicted probabilities by outcome; the dashed line is the threshold.",
            _scores(rows, threshold),
        ),
        Plot(
            "roc",
            "ROC",
            "Recall against the false positive rate by threshold; the point is the current one.",
            _roc(rows, counts),
        ),
        Plot(
            "precision_recall",
            "Precision and recall",
            "Precision against recall by threshold; the dashed line is random guessing, the "
            "point is the current threshold.",
            _precision_recall(rows, counts),
        ),
        Plot(
            "confusion",
            "Confusion matrix",
            f"Rows by outcome and prediction at the threshold {threshold:.3f}.",
            _confusion(counts),
        ),
    )


def _classes(_spec: ModelSpec, classes: Classes, rows: HeldOut) -> tuple[Plot, ...]:
    right, probability = likeliest(rows.y, rows.predicted)
    return (
        Plot(
            "calibration",
            "Calibration",
            "Share of correct predictions among rows with similar probabilities of the predicted "
            "class; a calibrated model follows the diagonal. Bars are 95% intervals.",
            _calibration(calibration_curve(right, probability), "share correct"),
        ),
        Plot(
            "scores",
            "Scores",
            "Distribution of the predicted class's probability, for correct and incorrect rows.",
            class_plots.confidence(rows.y, rows.predicted),
        ),
        Plot(
            "confusion",
            "Confusion matrix",
            "Share of each actual class's rows (one per line) by predicted class.",
            class_plots.confusion_matrix(rows.y, rows.predicted, classes),
        ),
        Plot(
            "recall",
            "Recall by class",
            "Share of each class's rows that is predicted correctly, lowest first. Lines are 95% "
            "intervals.",
            class_plots.recall_by_class(class_results(rows.y, rows.predicted, classes)),
        ),
    )


def _regression(spec: ModelSpec, interval: PredictionInterval, rows: HeldOut) -> tuple[Plot, ...]:
    unit = spec.target.unit or ""
    return (
        Plot(
            "predicted_actual",
            "Predicted against actual",
            "A sample of held-out rows; points on the diagonal are predicted exactly.",
            predicted_against_actual(rows.y, rows.predicted, unit),
        ),
        Plot(
            "interval_coverage",
            f"Coverage of the {interval.level:.0%} interval",
            "Share of actual values within their interval, by predicted value. Bars are 95% "
            "intervals, the dashed line is the nominal coverage.",
            coverage(rows.y, rows.predicted, interval, unit),
        ),
        Plot(
            "residuals",
            "Residuals",
            "Predicted minus actual, by decile of the prediction: the point is the median, the "
            "bar the central 80% of rows.",
            residuals(rows.y, rows.predicted, interval, unit),
        ),
    )


PLOTS: dict[Task, Callable[[ModelSpec, Any, HeldOut], tuple[Plot, ...]]] = {
    Task.BINARY: _binary,
    Task.MULTICLASS: _classes,
    Task.REGRESSION: _regression,
}


def _roc(rows: HeldOut, counts: Confusion) -> Markup:
    chart = Chart(
        "ROC curve",
        Axis(*_ENDS, "false positive rate", percent=True),
        Axis(*_ENDS, "recall", percent=True),
    )
    chart.grid()
    chart.curve(((0.0, 0.0), (1.0, 1.0)), "rule")
    chart.curve(roc_points(rows.y, rows.predicted), "curve one")
    alarms = counts.false_positive / (counts.false_positive + counts.true_negative)
    recall = counts.true_positive / (counts.true_positive + counts.false_negative)
    chart.point(alarms, recall, "fill-two halo", 6)
    return chart.svg()


def _precision_recall(rows: HeldOut, counts: Confusion) -> Markup:
    chart = Chart(
        "Precision-recall curve",
        Axis(*_ENDS, "recall", percent=True),
        Axis(*_ENDS, "precision", percent=True),
    )
    chart.grid()
    share = float(rows.y.mean())
    chart.curve(((0.0, share), (1.0, share)), "rule")
    chart.curve(precision_recall_points(rows.y, rows.predicted), "curve one")
    called = counts.true_positive + counts.false_positive
    if called:
        recall = counts.true_positive / (counts.true_positive + counts.false_negative)
        chart.point(recall, counts.true_positive / called, "fill-two halo", 6)
    return chart.svg()


def _calibration(
    points: tuple[CalibrationPoint, ...], observed: str = "share of positives"
) -> Markup:
    ends = [share_interval(point.observed, point.rows) for point in points]
    # The axes end at the data: most models of rare outcomes never predict 0.9.
    seen = max([*(point.predicted for point in points), *(upper for _, upper in ends)])
    high = min(1.0, float(np.ceil(seen * 10) / 10))
    chart = Chart(
        "Calibration curve",
        Axis(0.0, high, "mean probability", percent=True),
        Axis(0.0, high, observed, percent=True),
    )
    chart.grid()
    chart.curve(((0.0, 0.0), (high, high)), "rule")
    for point, (lower, upper) in zip(points, ends, strict=True):
        chart.curve(((point.predicted, lower), (point.predicted, upper)), "curve one faint-line")
    chart.curve([(point.predicted, point.observed) for point in points], "curve one")
    for point in points:
        chart.point(point.predicted, point.observed, "fill-one halo", 5)
    return chart.svg()


def _scores(rows: HeldOut, threshold: float) -> Markup:
    negative, positive = score_shares(rows.y, rows.predicted, _SCORE_BINS)
    # Room above the bars for the legend.
    high = float(max(negative.max(), positive.max())) * 1.25
    chart = Chart(
        "Scores by outcome",
        Axis(*_ENDS, "probability", percent=True),
        Axis(0.0, high, "share of rows", percent=True),
    )
    chart.grid()
    for shares, kind in ((negative, "fill-one pale"), (positive, "fill-two pale")):
        for number, share in enumerate(shares):
            if share:
                xs = number / _SCORE_BINS, (number + 1) / _SCORE_BINS
                chart.bar(xs, (0.0, float(share)), kind)
    chart.curve(((threshold, 0.0), (threshold, high)), "rule")
    chart.legend(
        [("fill-one pale", "negative"), ("fill-two pale", "positive")],
        "end" if threshold < 0.7 else "start",  # noqa: PLR2004 -- away from the line
    )
    return chart.svg()


def _confusion(counts: Confusion) -> Markup:
    chart = Chart("Confusion matrix", Axis(0.0, 2.0, ""), Axis(0.0, 2.15, ""))
    rows = (
        ("negative", 1, (counts.true_negative, counts.false_positive)),
        ("positive", 0, (counts.false_negative, counts.true_positive)),
    )
    for across, outcome in enumerate(("negative", "positive")):
        chart.text(across + 0.5, 2.03, f"predicted {outcome}", "tick", "middle")
    for outcome, down, cells in rows:
        chart.text(0.02, down + 0.88, f"actually {outcome}", "tick")
        for across, count in enumerate(cells):
            share = count / max(1, sum(cells))
            kind = "fill-one" if across != down else "fill-two"
            chart.bar((across + 0.02, across + 0.98), (down + 0.02, down + 0.84), f"{kind} faint")
            chart.text(across + 0.5, down + 0.44, f"{count:,}", "strong", "middle")
            words = f"{percent(share)} of actually {outcome}"
            chart.text(across + 0.5, down + 0.25, words, "tick", "middle")
    return chart.svg()


def _importance(rows: HeldOut) -> Plot:
    shown = rows.importance[:_COLUMNS_SHOWN]
    widest = max((each.loss + each.spread for each in shown), default=0.0) or 1.0
    chart = Chart(
        "Permutation importance",
        Axis(-0.6 * widest, 1.2 * widest, f"loss of {rows.importance_measure} when permuted"),
        Axis(0.0, float(len(shown)), ""),
    )
    chart.labels()
    for number, each in enumerate(shown):
        middle = len(shown) - number - 0.5
        chart.text(-0.02 * widest, middle - 0.13, each.column, "tick", "end")
        chart.bar((0.0, max(each.loss, 0.0)), (middle - 0.32, middle + 0.32), "fill-one pale")
        ends = max(each.loss - each.spread, 0.0), max(each.loss + each.spread, 0.0)
        chart.curve(((ends[0], middle), (ends[1], middle)), "curve one")
        chart.text(ends[1] + 0.03 * widest, middle - 0.13, short(each.loss), "tick")
    return Plot(
        "importance",
        "Permutation importance",
        "Loss on held-out rows when a column is permuted. Correlated columns share their "
        "importance, so each may look unimportant.",
        chart.svg(),
    )
