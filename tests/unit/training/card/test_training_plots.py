"""Plots of what was measured out of fold."""

import numpy as np

from modelfleet.catalogue import find
from modelfleet.statistics.calibration_map import SigmoidCalibration
from modelfleet.statistics.results import CandidateScore, LearningPoint, Selection
from modelfleet.training.card.training_plots import draw_training
from tests.svg import SVG, parsed

BANKCHURN = find("bankchurn")
RNG = np.random.default_rng(0)
SCORES = RNG.random(500)
Y = (RNG.random(500) < SCORES).astype(float)
CURVE = tuple(
    LearningPoint(rows=rows, scores=(mean,) * 2, mean=mean, spread=0.01)
    for rows, mean in ((100, 0.7), (200, 0.8), (400, 0.85))
)
SELECTION = Selection(
    metric="roc_auc",
    folds=2,
    rows=800,
    candidates=(CandidateScore(name="a", scores=(0.85, 0.85), mean=0.85, spread=0.0),),
    chosen="a",
    reason="a is the only candidate",
    learning_curve=CURVE,
)


def names(selection: Selection | None, calibration: SigmoidCalibration | None) -> list[str]:
    """The plots' file names."""
    return [plot.name for plot in draw_training(BANKCHURN, selection, Y, SCORES, calibration)]


def test_only_what_was_measured_is_drawn() -> None:
    """Without a calibration or a learning curve, there is no plot of it."""
    steeper = SigmoidCalibration(slope=2.0, intercept=0.0)
    without = SELECTION.model_copy(update={"learning_curve": ()})
    assert names(SELECTION, steeper) == ["learning_curve", "calibration_change"]
    assert names(without, None) == names(None, None) == []


def test_a_learning_curve_has_its_points() -> None:
    """One point for each number of rows, in a curve that rises with the metric."""
    (plot,) = draw_training(BANKCHURN, SELECTION, Y, SCORES, None)
    points = list(parsed(plot.svg).iter(f"{SVG}circle"))
    assert len(points) == len(CURVE)
    heights = [float(point.get("cy", "nan")) for point in points]
    assert heights == sorted(heights, reverse=True)


def test_a_curve_without_differences_can_be_drawn() -> None:
    """Equal scores without spread do not leave an axis without length."""
    flat = tuple(point.model_copy(update={"mean": 0.5, "spread": 0.0}) for point in CURVE)
    found = draw_training(
        BANKCHURN, SELECTION.model_copy(update={"learning_curve": flat}), Y, SCORES, None
    )
    assert "nan" not in str(found[0].svg)


def test_calibrated_classes_are_drawn_by_their_confidence() -> None:
    """A regression has no probabilities, even if a calibration were given."""
    calibration = SigmoidCalibration(slope=0.5, intercept=0.0)
    assert names(None, calibration) == ["calibration_change"]
    assert draw_training(find("carvision"), None, Y, SCORES, calibration) == ()
