"""Drift policy: which differences from the training rows count as drift."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Size = Annotated[float, Field(gt=0.0)]


class DriftPolicy(Frozen):
    """Drift thresholds for columns and for the data set, and the rows required to test them.

    A column has drifted if one of its tests finds a difference that is both statistically
    significant and large enough to matter: with a million rows, any difference is significant; with
    a hundred, even a large one may be due to chance.

    Attributes
    ----------
    psi, psi_warning
        Population stability index minus its expected value under no drift (Siddiqi 2006: below 0.1
        stable, above 0.2 shifted).
    p_value
        Significance level of each test before correction.
    false_alarm_share
        Accepted share of reports that detect drift where there is none: the limit on the p-values
        corrected over all tests of a report (Benjamini and Hochberg 1995). 1 disables the
        correction.
    kolmogorov_smirnov
        Largest distance between the two cumulative distributions, in [0, 1].
    chi_square
        Cohen's w minus its expected value under no drift; 0.1 is a small effect, 0.3 a medium one
        (Cohen 1988).
    jensen_shannon
        Jensen-Shannon distance (square root of the divergence, in nats) minus its expected value
        under no drift.
    wasserstein
        Wasserstein distance in standard deviations of the reference, minus its expected value under
        no drift.
    missing_share
        Difference between the shares of missing values.
    range_share
        Share of values outside the range of the reference.
    new_category_share
        Share of values whose category does not occur in the reference.
    data_set_share
        Share of drifted features above which the data set as a whole has drifted.
    slice_loss
        Allowed loss of the slice metric in a slice, against the held-out rows of the same slice, in
        the metric's unit. `None` only compares slices with the limit in `Slices`.
    selection_rate_difference, true_positive_rate_difference
        Allowed difference between two groups of a sensitive column: in the share of rows predicted
        as positive, and in that share among rows whose outcome is positive. `None` measures them
        without a limit.
    group_rows
        Predictions that a group of a sensitive column needs to be measured, and shown.
    reference_rows, current_rows
        Rows required on each side; with fewer, the result is `insufficient data`.
    unwatched
        Features excluded from drift detection because they differ in every window, such as the
        month.
    """

    psi: _Size = 0.2
    psi_warning: _Size = 0.1
    p_value: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    false_alarm_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.01
    kolmogorov_smirnov: _Size = 0.1
    chi_square: _Size = 0.1
    jensen_shannon: _Size = 0.1
    wasserstein: _Size = 0.1
    missing_share: _Share = 0.03
    range_share: _Share = 0.01
    new_category_share: _Share = 0.01
    data_set_share: _Share = 0.5
    slice_loss: _Size | None = None
    selection_rate_difference: _Share | None = None
    true_positive_rate_difference: _Share | None = None
    group_rows: Annotated[int, Field(ge=20)] = 100
    reference_rows: Annotated[int, Field(ge=1)] = 1_000
    current_rows: Annotated[int, Field(ge=1)] = 100
    unwatched: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.psi_warning > self.psi:
            raise ValueError(f"psi_warning {self.psi_warning:g} is above psi {self.psi:g}")
        return self
