"""Calibration on out-of-fold scores."""

from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.calibration import choose_calibration, fit_calibration
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.results import CalibrationChoice
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.training.candidates.cross_validate import OutOfFold


def calibrated_on(
    spec: ModelSpec, found: OutOfFold, seed: int
) -> tuple[Calibration | None, CalibrationChoice | None]:
    """Fit the declared calibration, or choose one, on a pipeline's out-of-fold scores.

    If the pipeline resamples, every fold did, so the out-of-fold scores are shifted as much as
    those of the final pipeline, and the calibration corrects the shift. No group is on both sides
    of a fold, so that they are scores of unknown rows. The second element is
    `None` if the spec declares the kind of calibration.
    """
    if spec.calibration == "none" or not STATISTICS[spec.task].calibrated:
        return None, None
    if spec.calibration != "auto":
        return fit_calibration(spec.calibration, found.predicted, found.y), None
    kind, choice = choose_calibration(found.predicted, found.y, seed, found.groups)
    return fit_calibration(kind, found.predicted, found.y), choice
