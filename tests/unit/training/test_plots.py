"""The plots of each task, drawn of rows whose answers are known."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from sklearn import metrics

from modelfleet.catalogue import find
from modelfleet.evaluation.holdout import HeldOut
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.importance import Importance
from modelfleet.training.card import class_plots
from modelfleet.training.card.plots import Plot, draw
from tests.svg import SVG, parsed

BANKCHURN, CARVISION = find("bankchurn"), find("carvision")
IMPORTANCE = (Importance("Age", 0.1, 0.01), Importance("Tenure", -0.001, 0.001))
INTERVAL = PredictionInterval(level=0.8, lower_offset=-0.2, upper_offset=0.3, scale="relative")
THRESHOLD = 0.4


def binary(rows: int = 60) -> HeldOut:
    """Outcomes and probabilities that know something of them."""
    rng = np.random.default_rng(0)
    y = (rng.random(rows) < 0.3).astype(np.float64)
    return HeldOut(y, np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0.0, 1.0), IMPORTANCE, "ROC AUC")


def regression(rows: int = 500) -> HeldOut:
    """Values over some decades, and predictions around them."""
    rng = np.random.default_rng(0)
    y = np.exp(rng.normal(9.0, 1.0, rows))
    return HeldOut(y, y * np.exp(rng.normal(0.0, 0.2, rows)), IMPORTANCE, "mean absolute error")


def by_name(spec: ModelSpec, rule: float | PredictionInterval, rows: HeldOut) -> dict[str, Plot]:
    """The plots by their file names."""
    return {plot.name: plot for plot in draw(spec, rule, rows)}


def elements(plot: Plot, kind: str, css: str = "") -> list[ET.Element]:
    """A plot's elements of a kind and class."""
    root = parsed(plot.svg)
    return [e for e in root.iter(f"{SVG}{kind}") if css in e.get("class", "").split() or not css]


def path(plot: Plot, css: str = "curve") -> list[tuple[float, float]]:
    """The places that a plot's longest line goes through."""
    lines = [re.findall(r"[\d.]+", e.get("d", "")) for e in elements(plot, "path", css)]
    numbers = [float(number) for number in max(lines, key=len)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_each_task_has_its_plots() -> None:
    """A classifier and a regression have the plots that belong to them."""
    assert set(by_name(BANKCHURN, THRESHOLD, binary())) == {
        "calibration",
        "scores",
        "roc",
        "precision_recall",
        "confusion",
        "importance",
    }
    assert set(by_name(CARVISION, INTERVAL, regression())) == {
        "predicted_actual",
        "interval_coverage",
        "residuals",
        "importance",
    }


def test_roc_goes_through_scikit_learns_points() -> None:
    """The drawn curve is scikit-learn's, and the marked point is the threshold's."""
    rows = binary()
    plot = by_name(BANKCHURN, THRESHOLD, rows)["roc"]
    drawn = path(plot)
    (left, bottom), (right, top) = drawn[0], drawn[-1]
    alarms, recall, _ = metrics.roc_curve(rows.y, rows.predicted)
    across = [(x - left) / (right - left) for x, _ in drawn]
    up = [(y - bottom) / (top - bottom) for _, y in drawn]
    assert across == pytest.approx(alarms.tolist(), abs=1e-3)
    assert up == pytest.approx(recall.tolist(), abs=1e-3)
    (point,) = elements(plot, "circle")
    called = rows.predicted >= THRESHOLD
    share = float(called[rows.y == 1].mean())
    assert (float(point.get("cy", "nan")) - bottom) / (top - bottom) == pytest.approx(share, 1e-2)


def test_the_confusion_matrix_has_headers() -> None:
    """Within the chart: predictions above the columns, outcomes above the rows."""
    rows = binary(500)
    texts = elements(by_name(BANKCHURN, THRESHOLD, rows)["confusion"], "text")
    heads = {e.text or "": float(e.get("y", "0")) for e in texts}
    for outcome in ("negative", "positive"):
        assert 10.0 < heads[f"predicted {outcome}"] < heads[f"actually {outcome}"]


@pytest.mark.parametrize("classes", [3, 8])
def test_the_matrix_of_many_classes_has_headers(classes: int) -> None:
    """Both axes are named, and each column has a label that fits between its neighbors."""
    names = [f"class number {place}" for place in range(classes)]
    y = np.arange(classes, dtype=np.float64).repeat(9)
    svg = class_plots.confusion_matrix(y, np.eye(classes)[y.astype(int)], names)
    plot = Plot("confusion", "", "", svg)
    texts = elements(plot, "text")
    assert {"predicted class", "actual class"} <= {each.text for each in texts}
    above = max(float(each.get("y", 0)) for each in texts if each.text == "actual class")
    heads = [each for each in elements(plot, "text", "tick") if float(each.get("y", 0)) == above]
    assert len(heads) == classes
    places = sorted(float(each.get("x", 0)) for each in heads)
    # Letters are about 6 units wide.
    widest = max(6 * len(each.text or "") for each in heads)
    assert widest < min(after - before for before, after in pairwise(places))


def test_confusion_shows_the_counts() -> None:
    """The four counts at the threshold are scikit-learn's."""
    rows = binary(2_500)
    plot = by_name(BANKCHURN, THRESHOLD, rows)["confusion"]
    shown = [e.text for e in elements(plot, "text", "strong")]
    expected = metrics.confusion_matrix(rows.y, rows.predicted >= THRESHOLD).ravel()
    assert shown == [f"{count:,}" for count in expected]


def test_calibration_axis_ends_where_the_points_do() -> None:
    """Small probabilities fill the picture, and each point has its interval."""
    rows = HeldOut(np.tile([0.0, 0.0, 0.0, 0.0, 1.0], 200), np.linspace(0.1, 0.3, 1_000))
    plot = by_name(BANKCHURN, 0.2, rows)["calibration"]
    ticks = [e.text for e in elements(plot, "text", "tick")]
    assert "100%" not in ticks
    assert len(elements(plot, "circle")) == len(elements(plot, "path", "faint-line"))


def test_importance_names_columns_in_order() -> None:
    """The most important column is at the top, and a gain by shuffling is no bar to the left."""
    plot = by_name(BANKCHURN, THRESHOLD, binary())["importance"]
    names = [e for e in elements(plot, "text", "tick") if e.text in ("Age", "Tenure")]
    assert [e.text for e in sorted(names, key=lambda e: float(e.get("y", 0)))] == ["Age", "Tenure"]
    assert [float(bar.get("width", -1)) >= 0 for bar in elements(plot, "rect", "pale")] == [
        True
    ] * 2


def test_rows_without_importance_have_no_such_plot() -> None:
    """Where nothing could be told apart, nothing is claimed."""
    rows = binary()
    assert "importance" not in by_name(BANKCHURN, THRESHOLD, HeldOut(rows.y, rows.predicted))


def test_wide_values_have_logarithmic_axes() -> None:
    """Prices over decades are seen as well below as above; the unit is on the axes."""
    wide = by_name(CARVISION, INTERVAL, regression())["predicted_actual"]
    ticks = [e.text for e in elements(wide, "text", "tick")]
    assert {"1k", "10k"} <= set(ticks)
    assert "actual (USD)" in {e.text for e in elements(wide, "text")}
    assert len(elements(wide, "circle")) == 500


def test_coverage_marks_what_is_promised() -> None:
    """A dashed line is at the interval's level, and ten groups have a point each."""
    plot = by_name(CARVISION, INTERVAL, regression())["interval_coverage"]
    assert len(elements(plot, "circle")) == 10
    assert len(elements(plot, "path", "rule")) == 1
    assert plot.title == "Coverage of the 80% interval"


@pytest.mark.parametrize(
    ("spec", "rule", "rows"),
    [
        (BANKCHURN, 1.1, HeldOut(np.array([0.0, 1.0]), np.array([0.5, 0.5]))),
        (BANKCHURN, 0.0, HeldOut(np.array([0.0, 1.0]), np.array([0.0, 1.0]))),
        (CARVISION, INTERVAL, HeldOut(np.full(40, 5.0), np.full(40, 5.0))),
        (CARVISION, INTERVAL, HeldOut(np.linspace(-5, 5, 40), np.zeros(40))),
    ],
    ids=["nothing called", "all called", "one value", "values around zero"],
)
def test_odd_rows_are_drawn_too(
    spec: ModelSpec, rule: float | PredictionInterval, rows: HeldOut
) -> None:
    """Rows that leave nothing to divide by give plots all the same, without a NaN in them."""
    for plot in draw(spec, rule, rows):
        assert "nan" not in plot.svg
        parsed(plot.svg)
