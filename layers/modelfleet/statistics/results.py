"""Results of training: estimates, tests, comparisons, choices."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen


class Parity(Frozen, extra="ignore"):
    """How far the exported model's answers are from the fitted pipeline's, on held-out rows."""

    rows: int
    maximum_difference: float
    mean_difference: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the largest difference is within the tolerance."""
        return self.maximum_difference <= self.tolerance


class Estimate(Frozen, extra="ignore"):
    """A measure with its 95 % interval; the ends are `None` where it has none."""

    value: float
    lower: float | None = None
    upper: float | None = None


class CalibrationPoint(Frozen, extra="ignore"):
    """One bin of the calibration curve: mean probability, share of positives, rows."""

    predicted: float
    observed: float
    rows: int


class SliceResult(Frozen, extra="ignore"):
    """The slices' metric on the rows of one group, such as `Geography = Germany`.

    `estimate` is `None` where the group cannot be measured, and then `note` says why.
    """

    column: str
    group: str
    rows: int
    estimate: Estimate | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """The group in words."""
        return f"{self.column} = {self.group}"


class ClassResult(Frozen, extra="ignore"):
    """One of more than two classes: how many of its rows are found, and of those called so, right.

    `called` is how many rows it was taken for the likeliest of; `precision` is `None` where none.
    """

    name: str
    rows: int
    called: int
    recall: Estimate
    precision: Estimate | None = None


class Evaluation(Frozen, extra="ignore"):
    """A model on rows on which nothing was trained or tuned.

    `metrics` is keyed as the spec names metrics. `calibration` is empty for a regression; of more
    than two classes it is the likeliest one's, and `classes` has one entry for each.
    `calibration_noise` is the calibration error which a perfectly calibrated model stays below in
    97.5 % of samples of these rows; `None` for a regression.
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
        """The metrics without their intervals."""
        return {name: estimate.value for name, estimate in self.metrics.items()}


class CandidateScore(Frozen, extra="ignore"):
    """A candidate's cross-validation: one score a fold, their mean and standard deviation.

    `parameters` are what tuning set; empty for a pipeline as its folder declares it.
    """

    name: str
    scores: tuple[float, ...]
    mean: float
    spread: float
    parameters: dict[str, float | int | str] = Field(default_factory=dict)


class Selection(Frozen, extra="ignore"):
    """Which candidate was taken, and why: all candidates on the same folds, the default first.

    `rows` is how many training rows were used, `trials` how many were finished or pruned by tuning.
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

    @model_validator(mode="after")
    def _chosen_among_them(self) -> Self:
        if self.chosen not in {candidate.name for candidate in self.candidates}:
            raise ValueError(f"chosen: {self.chosen} is not a candidate")
        return self


class CalibrationChoice(Frozen, extra="ignore"):
    """Which calibration was taken: the Brier score of each kind on scores it was not fitted on."""

    kind: str
    brier: dict[str, float]
    reason: str


class ThresholdChoice(Frozen, extra="ignore"):
    """The decision threshold, by which rule, and what it reaches on the validation rows."""

    objective: str
    threshold: float
    rows: int
    recall: float
    precision: float
    called_share: float
    reason: str


class PairedTest(Frozen, extra="ignore"):
    """Candidate minus champion on the same rows, in the metric's own unit.

    `lower` and `upper` are the 95 % interval of the difference; a test without one, such as
    McNemar's, leaves them out. `p_value` is two-sided.
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
    """Candidate and champion on the same rows, by the bundles that serve.

    `primary` is the test that the gate goes by; `others` are reported beside it. `rows_of` says
    whose rows they are, where they are not all test rows; `overall` is then the primary test on all
    of them, which decides nothing.
    """

    champion_version: str
    champion_dataset: str
    candidate_dataset: str
    rows: int
    primary: PairedTest
    others: tuple[PairedTest, ...] = ()
    rows_of: str = ""
    overall: PairedTest | None = None
