"""What training found out about a candidate: measured, compared, and why it was chosen."""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class _Finding(BaseModel):
    # Compiled where it is asked for: what serves reads findings within a manifest alone.
    model_config = ConfigDict(frozen=True, defer_build=True)


class Estimate(_Finding):
    """A measure with its 95 % interval; the ends are `None` where it has none."""

    value: float
    lower: float | None = None
    upper: float | None = None


class CalibrationPoint(_Finding):
    """One bin of the calibration curve: mean probability, share of positives, rows."""

    predicted: float
    observed: float
    rows: int


class SliceResult(_Finding):
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


class ClassResult(_Finding):
    """One of more than two classes: how many of its rows are found, and of those called so, right.

    `called` is how many rows it was taken for the likeliest of; `precision` is `None` where none.
    """

    name: str
    rows: int
    called: int
    recall: Estimate
    precision: Estimate | None = None


class Evaluation(_Finding):
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


class CandidateScore(_Finding):
    """A candidate's cross-validation: one score a fold, their mean and standard deviation.

    `parameters` are what tuning set; empty for a pipeline as its folder declares it.
    """

    name: str
    scores: tuple[float, ...]
    mean: float
    spread: float
    parameters: dict[str, float | int | str] = {}


class Selection(_Finding):
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
            raise ValueError(f"chosen: {self.chosen} is no candidate")
        return self


class CalibrationChoice(_Finding):
    """Which calibration was taken: the Brier score of each kind on scores it was not fitted on."""

    kind: str
    brier: dict[str, float]
    reason: str


class ThresholdChoice(_Finding):
    """The decision threshold, by which rule, and what it reaches on the validation rows."""

    objective: str
    threshold: float
    rows: int
    recall: float
    precision: float
    called_share: float
    reason: str


class PairedTest(_Finding):
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


class Comparison(_Finding):
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
