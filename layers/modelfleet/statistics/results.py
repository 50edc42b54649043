"""Results of training: estimates, tests, comparisons, choices."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen


class Parity(Frozen, extra="ignore"):
    """Difference between the exported model and the fitted pipeline, on held-out rows."""

    rows: int
    maximum_difference: float
    mean_difference: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the largest difference is within the tolerance."""
        return self.maximum_difference <= self.tolerance


class Closeness(Frozen, extra="ignore"):
    """How far the served model is from the judged one, on rows that only the served one learned.

    `difference` is the mean absolute difference of their predictions, and `learned_error` the mean
    absolute error of the served one, which is not a held-out figure. Both have the same `limit`,
    see `modelfleet.evaluation.closeness.closeness`.
    """

    difference: float
    learned_error: float
    limit: float


class Estimate(Frozen, extra="ignore"):
    """A value with its 95 % interval; both bounds are `None` if there is none."""

    value: float
    lower: float | None = None
    upper: float | None = None

    @property
    def too_few_rows(self) -> bool:
        """Whether there are too few rows for an interval, and so for a value worth showing."""
        return self.lower is None or self.upper is None


class CalibrationPoint(Frozen, extra="ignore"):
    """One bin of the calibration curve: mean probability, share of positives, rows."""

    predicted: float
    observed: float
    rows: int


class SliceResult(Frozen, extra="ignore"):
    """The slice metric on one group of rows, such as `Geography = Germany`.

    `estimate` is `None` if the group cannot be measured; `note` then states why.
    """

    column: str
    group: str
    rows: int
    estimate: Estimate | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """The group as text, such as `Geography = Germany`."""
        return f"{self.column} = {self.group}"


class ClassResult(Frozen, extra="ignore"):
    """Recall and precision of one class of a multiclass model.

    `rows` counts the rows of this class, `called` the rows predicted as this class; `precision` is
    `None` if there are no such predictions.
    """

    name: str
    rows: int
    called: int
    recall: Estimate
    precision: Estimate | None = None


class Evaluation(Frozen, extra="ignore"):
    """Metrics of a model on rows used for neither training nor tuning.

    `metrics` is keyed by the spec's metric names. `calibration` is empty for a regression; with
    more than two classes, it is the curve of the predicted class, and `classes` has one entry per
    class. `calibration_noise` is the 97.5 % quantile of the calibration error that a perfectly
    calibrated model has on these rows; `None` for a regression.
    """

    rows: int
    metrics: dict[str, Estimate]
    calibration: tuple[CalibrationPoint, ...] = ()
    calibration_noise: float | None = None
    classes: tuple[ClassResult, ...] = ()
    slice_metric: str | None = None
    slices: tuple[SliceResult, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """Metric values without their intervals."""
        return {name: estimate.value for name, estimate in self.metrics.items()}


class CandidateScore(Frozen, extra="ignore"):
    """Cross-validation of a candidate: one score per fold, their mean and standard deviation.

    `parameters` are those in which the pipeline differs from the candidate `variant_of`; empty if
    it runs as declared. `weights` are those of a blend's members. `rounds` is the number of
    boosting rounds that early stopping chose. `microseconds` is the estimated processor time to
    score a row in a batch. `note` states why a candidate was stopped before the last fold.
    """

    name: str
    scores: tuple[float, ...]
    mean: float
    spread: float
    parameters: dict[str, float | int | str] = Field(default_factory=dict)
    variant_of: str | None = None
    weights: dict[str, float] = Field(default_factory=dict)
    rounds: int | None = None
    microseconds: float | None = None
    note: str = ""


class LearningPoint(Frozen, extra="ignore"):
    """Scores of the chosen candidate on the folds when it is fitted on fewer rows.

    `rows` is the mean number of rows that it was fitted on.
    """

    rows: int
    scores: tuple[float, ...]
    mean: float
    spread: float


class Selection(Frozen, extra="ignore"):
    """The chosen candidate and the reason; all candidates ran on the same folds.

    `rows` counts the training rows used, `trials` the tuning trials completed or pruned. `untried`
    names the candidates that the budget left no time for. `too_slow` is the best candidate if it
    misses the speed that the spec requires, and `accuracy_cost` its lead over the chosen one, in
    the metric's unit. `learning_curve` ends with all rows; if it is empty, `learning_note` states
    why.
    """

    metric: str
    folds: int
    rows: int
    candidates: tuple[CandidateScore, ...]
    chosen: str
    reason: str
    trials: int = 0
    trials_pruned: int = 0
    stopped_by_time: bool = False
    untried: tuple[str, ...] = ()
    too_slow: str | None = None
    accuracy_cost: float | None = None
    learning_curve: tuple[LearningPoint, ...] = ()
    learning_note: str = ""

    def candidate(self, name: str) -> CandidateScore:
        """Return a candidate by its name."""
        return next(candidate for candidate in self.candidates if candidate.name == name)

    @model_validator(mode="after")
    def _chosen_among_them(self) -> Self:
        if self.chosen not in {candidate.name for candidate in self.candidates}:
            raise ValueError(f"chosen: {self.chosen} is not a candidate")
        return self


class CalibrationChoice(Frozen, extra="ignore"):
    """The chosen kind of calibration, with the cross-validated log loss and Brier score of each.

    Bundles of earlier releases have no `log_loss`.
    """

    kind: str
    brier: dict[str, float]
    reason: str
    log_loss: dict[str, float] = Field(default_factory=dict)


class ThresholdChoice(Frozen, extra="ignore"):
    """The decision threshold, its objective, and its recall and precision out of fold."""

    objective: str
    threshold: float
    rows: int
    recall: float
    precision: float
    called_share: float
    reason: str


class PairedTest(Frozen, extra="ignore"):
    """Candidate minus champion on the same rows, in the metric's unit.

    `lower` and `upper` are the 95 % interval of the difference; `None` for a test without one, such
    as McNemar's. `p_value` is two-sided.
    """

    name: str
    metric: str
    candidate: float
    champion: float
    difference: float
    lower: float | None = None
    upper: float | None = None
    p_value: float


class Comparison(Frozen, extra="ignore"):
    """Candidate against champion on the same rows, scored by their serving bundles.

    The gate decides on `primary`; `others` are only reported. If the comparison used a subset of
    the test rows, `rows_of` describes it, and `overall` is the primary test on all test rows, for
    information only.
    """

    champion_version: str
    champion_dataset: str
    candidate_dataset: str
    rows: int
    primary: PairedTest
    others: tuple[PairedTest, ...] = ()
    rows_of: str = ""
    overall: PairedTest | None = None
