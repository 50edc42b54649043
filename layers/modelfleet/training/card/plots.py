"""The plots that belong to a task, drawn once for the model card and for the registry."""

from dataclasses import dataclass

import numpy as np

from modelfleet.evaluation.assess_classes import class_results, told
from modelfleet.evaluation.holdout import HeldOut
from modelfleet.pages.charts import Axis, Chart, short
from modelfleet.spec.model import ModelSpec
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
from modelfleet.training.card import class_plots
from modelfleet.training.card.value_plots import coverage, predicted_against_actual, residuals

_SCORE_BINS = 25
_COLUMNS_SHOWN = 12
_ENDS = (0.0, 1.0)


@dataclass(frozen=True)
class Plot:
    """A drawing with its file name, what it shows and how to read it."""

    name: str
    title: str
    caption: str
    svg: str


def draw(spec: ModelSpec, rule: Rule, rows: HeldOut) -> tuple[Plot, ...]:
    """Draw what there is to see of a model on held-out rows.

    Parameters
    ----------
    spec
        The model.
    rule
        Its threshold, or its interval.
    rows
        The rows and the model's answers.
    """
    if isinstance(rule, PredictionInterval):
        plots = _regression(spec, rule, rows)
    elif isinstance(rule, tuple):
        plots = _classes(rule, rows)
    else:
        plots = _binary(rule, rows)
    return (*plots, _importance(rows)) if rows.importance else plots


def _binary(threshold: float, rows: HeldOut) -> tuple[Plot, ...]:
    counts = confusion(rows.y, rows.predicted, threshold)
    return (
        Plot(
            "calibration",
            "Calibration",
            "Of the rows that are given a probability, how many come true: points on the diagonal "
            "are honest. Bars are 95 % intervals.",
            _calibration(calibration_curve(rows.y, rows.predicted)),
        ),
        Plot(
            "scores",
            "Scores",
            "Share of each outcome's rows at each probability; the line is the threshold.",
            _scores(rows, threshold),
        ),
        Plot(
            "roc",
            "ROC",
            "Recall bought with false alarms at every threshold; the point is the one in use.",
            _roc(rows, counts),
        ),
        Plot(
            "precision_recall",
            "Precision and recall",
            "How many alarms are right, for each share of positives found; the dashed line is "
            "guessing, the point is the threshold in use.",
            _precision_recall(rows, counts),
        ),
        Plot(
            "confusion",
            "Decisions at the threshold",
            f"Rows by outcome and decision at {threshold:.3f}.",
            _confusion(counts),
        ),
    )


def _classes(classes: Classes, rows: HeldOut) -> tuple[Plot, ...]:
    true, probability = told(rows.y, rows.predicted)
    return (
        Plot(
            "calibration",
            "Calibration",
            "Of the rows whose likeliest class is given a probability, how many are of that class: "
            "points on the diagonal are honest. Bars are 95 % intervals.",
            _calibration(calibration_curve(true, probability), "share that is right"),
        ),
        Plot(
            "scores",
            "Scores",
            "How sure the model is of the likeliest class, where it is right and where it is not.",
            class_plots.surety(rows.y, rows.predicted),
        ),
        Plot(
            "confusion",
            "What is taken for what",
            "Of each class's rows, a line each, the share that is taken for each class.",
            class_plots.taken_for(rows.y, rows.predicted, classes),
        ),
        Plot(
            "recall",
            "Found by class",
            "Share of each class's rows that is taken for it, the least first; lines are 95 % "
            "intervals.",
            class_plots.found(class_results(rows.y, rows.predicted, classes)),
        ),
    )


def _regression(spec: ModelSpec, interval: PredictionInterval, rows: HeldOut) -> tuple[Plot, ...]:
    unit = spec.target.unit or ""
    return (
        Plot(
            "predicted_actual",
            "Predicted against actual",
            "A sample of held-out rows; points on the diagonal are exact.",
            predicted_against_actual(rows.y, rows.predicted, unit),
        ),
        Plot(
            "interval_coverage",
            f"Coverage of the {interval.level:.0%} interval",
            "Share of actual values within their interval, by size of the prediction. Bars are "
            "95 % intervals, the dashed line is what is promised.",
            coverage(rows.y, rows.predicted, interval, unit),
        ),
        Plot(
            "residuals",
            "Residuals",
            "Predicted minus actual in ten groups of predictions: the dot is the median, the bar "
            "the middle 80 % of rows.",
            residuals(rows.y, rows.predicted, interval, unit),
        ),
    )


def _roc(rows: HeldOut, counts: Confusion) -> str:
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


def _precision_recall(rows: HeldOut, counts: Confusion) -> str:
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


def _calibration(points: tuple[CalibrationPoint, ...], observed: str = "share of positives") -> str:
    ends = [share_interval(point.observed, point.rows) for point in points]
    # The axes end where the points do: most models of rare outcomes never say 0.9.
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


def _scores(rows: HeldOut, threshold: float) -> str:
    negative, positive = score_shares(rows.y, rows.predicted, _SCORE_BINS)
    high = float(max(negative.max(), positive.max())) * 1.05
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
        "end" if threshold < 0.7 else "start",  # noqa: PLR2004 -- where the line is not
    )
    return chart.svg()


def _confusion(counts: Confusion) -> str:
    chart = Chart("Confusion matrix", Axis(0.0, 2.0, ""), Axis(0.0, 2.0, ""))
    rows = (
        ("negative", 1, (counts.true_negative, counts.false_positive)),
        ("positive", 0, (counts.false_negative, counts.true_positive)),
    )
    for outcome, down, cells in rows:
        chart.text(0.02, down + 0.88, f"outcome {outcome}", "tick")
        for across, count in enumerate(cells):
            share = count / max(1, sum(cells))
            kind = "fill-one" if across != down else "fill-two"
            chart.bar((across + 0.02, across + 0.98), (down + 0.02, down + 0.84), f"{kind} faint")
            chart.text(across + 0.5, down + 0.44, f"{count:,}", "strong", "middle")
            words = f"{share:.1%} of them called {('negative', 'positive')[across]}"
            chart.text(across + 0.5, down + 0.25, words, "tick", "middle")
    return chart.svg()


def _importance(rows: HeldOut) -> Plot:
    shown = rows.importance[:_COLUMNS_SHOWN]
    widest = max((found.loss + found.spread for found in shown), default=0.0) or 1.0
    chart = Chart(
        "Permutation importance",
        Axis(-0.6 * widest, 1.2 * widest, f"loss of {rows.importance_measure} when shuffled"),
        Axis(0.0, float(len(shown)), ""),
    )
    chart.labels()
    for number, found in enumerate(shown):
        middle = len(shown) - number - 0.5
        chart.text(-0.02 * widest, middle - 0.13, found.column, "tick", "end")
        chart.bar((0.0, max(found.loss, 0.0)), (middle - 0.32, middle + 0.32), "fill-one pale")
        ends = max(found.loss - found.spread, 0.0), max(found.loss + found.spread, 0.0)
        chart.curve(((ends[0], middle), (ends[1], middle)), "curve one")
        chart.text(ends[1] + 0.03 * widest, middle - 0.13, short(found.loss), "tick")
    return Plot(
        "importance",
        "What the model goes by",
        "How much worse the model gets on held-out rows when a column is shuffled. Columns that "
        "repeat each other look unimportant here.",
        chart.svg(),
    )
