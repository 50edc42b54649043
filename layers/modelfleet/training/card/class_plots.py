"""Plots of a multiclass model: confidence, confusion matrix, and recall by class."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from modelfleet.pages.charts import Axis, Chart
from modelfleet.pages.text import OTHERS
from modelfleet.statistics.curves import score_shares
from modelfleet.statistics.results import ClassResult

Values = NDArray[np.float64]

_SCORE_BINS = 25
# With more classes, only the most frequent ones are shown; the rest are grouped.
_CLASSES_SHOWN = 8
_LETTERS = 11
# With more classes, the names of the predicted ones would overlap; they are numbered instead.
_NAMED_COLUMNS = 4
_SHADES = ((0.5, "fill-one pale"), (0.05, "fill-one faint"), (0.0, "fill-one ghost"))


def confidence(y: Values, probabilities: Values) -> Markup:
    """Draw the distribution of the top probability, for correct and incorrect predictions."""
    right = (probabilities.argmax(axis=1) == y).astype(np.float64)
    wrong, true = score_shares(right, probabilities.max(axis=1), _SCORE_BINS)
    high = (float(max(wrong.max(), true.max())) or 1.0) * 1.25
    chart = Chart(
        "Probability of the predicted class",
        Axis(0.0, 1.0, "probability of the predicted class", percent=True),
        Axis(0.0, high, "share of rows", percent=True),
    )
    chart.grid()
    for shares, kind in ((wrong, "fill-two pale"), (true, "fill-one pale")):
        for number, share in enumerate(shares):
            if share:
                xs = number / _SCORE_BINS, (number + 1) / _SCORE_BINS
                chart.bar(xs, (0.0, float(share)), kind)
    chart.legend([("fill-one pale", "correct"), ("fill-two pale", "incorrect")])
    return chart.svg()


def confusion_matrix(y: Values, probabilities: Values, classes: Sequence[str]) -> Markup:
    """Draw the share of each actual class's rows by predicted class."""
    names, shown = _shown(y, classes)
    true, called = shown[y.astype(np.int64)], shown[probabilities.argmax(axis=1)]
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (true, called), 1.0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    size = float(len(names))
    # The class names need as much room beside few cells as beside many.
    wide, high = 0.42 * size, 0.2 * size
    chart = Chart("Confusion matrix", Axis(-wide, size, ""), Axis(0.0, size + high, ""))
    chart.text(size / 2, size + 0.75 * high, "predicted class", "", "middle")
    chart.text(-wide, size + 0.3 * high, "actual class")
    for row, name in enumerate(names):
        down = size - row - 1.0
        number = "" if len(names) <= _NAMED_COLUMNS else str(row + 1)
        label = f"{number} {_cut(name)}" if number else _cut(name)
        chart.text(-0.02 * size, down + 0.45, label, "tick", "end")
        chart.text(row + 0.5, size + 0.3 * high, number or _cut(name), "tick", "middle")
        for column in range(len(names)):
            share = float(shares[row, column])
            kind = next(kind for least, kind in _SHADES if share >= least)
            chart.bar((column + 0.03, column + 0.97), (down + 0.03, down + 0.97), kind)
            if round(100 * share):
                chart.text(column + 0.5, down + 0.45, f"{share:.0%}", "tick", "middle")
    return chart.svg()


def recall_by_class(results: Sequence[ClassResult]) -> Markup:
    """Draw the recall of each class, lowest first."""
    worst = sorted(results, key=lambda result: result.recall.value)[: 2 * _CLASSES_SHOWN]
    chart = Chart(
        "Recall by class",
        Axis(-0.35, 1.1, "recall", percent=True),
        Axis(0.0, float(len(worst)), ""),
    )
    chart.labels()
    for number, result in enumerate(worst):
        middle = len(worst) - number - 0.5
        recall = result.recall
        chart.text(-0.02, middle - 0.13, _cut(result.name), "tick", "end")
        chart.bar((0.0, recall.value), (middle - 0.32, middle + 0.32), "fill-one pale")
        ends = 0.0 if recall.upper is None else recall.upper
        chart.text(max(ends, recall.value) + 0.02, middle - 0.1, f"{recall.value:.0%}", "tick")
        if recall.lower is not None and recall.upper is not None:
            chart.curve(((recall.lower, middle), (recall.upper, middle)), "curve one")
    return chart.svg()


def _shown(y: Values, classes: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the names to draw, and the position of each class among them."""
    if len(classes) <= _CLASSES_SHOWN:
        return list(classes), np.arange(len(classes))
    counts = np.bincount(y.astype(np.int64), minlength=len(classes))
    frequent = np.sort(np.argsort(-counts, kind="stable")[: _CLASSES_SHOWN - 1])
    places = np.full(len(classes), frequent.size)
    places[frequent] = np.arange(frequent.size)
    return [*(classes[k] for k in frequent), OTHERS], places


def _cut(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
