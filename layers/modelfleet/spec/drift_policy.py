"""A model's drift policy: which differences from the training rows count."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from modelfleet.spec.document import Frozen

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Size = Annotated[float, Field(gt=0.0)]


class DriftPolicy(Frozen):
    """When a column has drifted, when a table has, and how many rows it takes to say so.

    A column counts as drifted where one of its tests finds a difference that is both significant
    and large enough to matter: on a million rows every difference is significant, on a hundred
    every large one may be chance.

    Attributes
    ----------
    psi, psi_warning
        Population stability index, net of what chance alone makes (Siddiqi 2006: below 0.1 stable,
        above 0.2 shifted).
    p_value
        Of any test by itself.
    false_alarm_share
        Reports that may find drift where there is none: the p-values' limit after the correction
        over all tests of a report (Benjamini and Hochberg 1995). 1 leaves them uncorrected.
    kolmogorov_smirnov
        Largest distance between the two cumulative distributions, in [0, 1].
    chi_square
        Cohen's w, net of chance; 0.1 is a small effect, 0.3 a medium one (Cohen 1988).
    jensen_shannon
        Distance (the root of the divergence, in nats), net of chance.
    wasserstein
        In standard deviations of the reference, net of chance.
    missing_share
        Difference of the shares of missing values.
    range_share
        Share of values beyond the smallest and the largest one of the reference.
    new_category_share
        Share of categories that the reference does not have.
    data_set_share
        Share of drifted features above which the data set as a whole has drifted.
    reference_rows, current_rows
        With fewer rows the answer is `insufficient data`.
    unwatched
        Features that no window resembles even if nothing is wrong, such as the month.
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
    reference_rows: Annotated[int, Field(ge=1)] = 1_000
    current_rows: Annotated[int, Field(ge=1)] = 100
    unwatched: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.psi_warning > self.psi:
            raise ValueError(f"psi_warning {self.psi_warning:g} is above psi {self.psi:g}")
        return self
