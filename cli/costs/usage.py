"""Assumptions about usage that cannot be read from templates."""

from dataclasses import dataclass

from cli.costs.schedules import HOURS_A_MONTH, SECONDS_A_MONTH

BYTES_A_GB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Usage caused by `predictions` single requests a month, spread evenly.

    Assumptions are conservative. A request is billed `request_ms`, although the handler takes well
    under 1 ms (`make bench`). A share of `cold_share` are cold starts, which take `start_seconds`
    without SnapStart. Each request causes `log_bytes` of logs of the function, the platform, and
    the API, and `capture_bytes` of compressed captures. Every successful request emits
    `measured_metrics` metrics, counting all dimensions, and `outcome_metrics` more where clients
    may report outcomes. A model's drift function emits
    `watched_metrics` metrics once a day, `idle_metrics` of them even without traffic. CloudWatch
    charges for the hours in which a metric has a value.

    A retraining takes `training_seconds` and keeps the database awake that long, at
    `database_acu`. Without traffic, the database has `database_gb`, each image `image_gb`, and the
    buckets `bucket_gb` of data sets and bundles.
    """

    predictions: float
    request_ms: float = 5.0
    cold_share: float = 0.005
    start_seconds: float = 1.0
    log_bytes: int = 2_500
    capture_bytes: int = 250
    capture_seconds: float = 0.05
    measured_metrics: int = 18
    outcome_metrics: int = 4
    watched_metrics: int = 40
    idle_metrics: int = 6
    watching_seconds: float = 20.0
    training_seconds: float = 180.0
    control_seconds: float = 1.0
    database_acu: float = 1.0
    database_gb: float = 0.25
    bucket_gb: float = 0.5
    image_gb: float = 0.25

    @property
    def stored_predictions_gb(self) -> float:
        """The size of a month's captures."""
        return self.predictions * self.capture_bytes / BYTES_A_GB

    @property
    def logged_gb(self) -> float:
        """The size of a month's logs."""
        return self.predictions * self.log_bytes / BYTES_A_GB

    def busy_hours(self, models: int) -> float:
        """The number of hours a month in which a model receives requests."""
        return min(HOURS_A_MONTH, self.predictions / models)

    def busy_intervals(self, seconds: float, models: int) -> float:
        """The number of intervals of that length with requests, summed over models."""
        return min(self.predictions, models * SECONDS_A_MONTH / seconds)
