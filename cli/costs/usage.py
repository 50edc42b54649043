"""How a fleet is assumed to be used, where neither its templates nor its callers say so."""

from dataclasses import dataclass

from cli.costs.schedules import HOURS_A_MONTH, SECONDS_A_MONTH

BYTES_A_GB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What `predictions` single requests a month bring with them, spread evenly over it.

    Each assumption is rather too much than too little: a request is billed `request_ms`, of which
    the handler takes well under one (`make bench`); `cold_share` of them start a process, which
    takes `start_seconds` without SnapStart; of each `log_bytes` are logged by the function, the
    platform and the API, and `capture_bytes` stay in the lake, compressed. `measured_metrics` are
    emitted by every answered request of a model, under all their dimensions, and
    `watched_metrics` once a day by its drift function, of which `idle_metrics` also where nobody
    calls; CloudWatch asks for the hours in which there is a value.

    A retraining takes `training_seconds` of its function and keeps the database awake that long,
    at `database_acu`; the database holds `database_gb`, each image `image_gb`, and the buckets
    `bucket_gb` of data sets and bundles, whoever calls.
    """

    predictions: float
    request_ms: float = 5.0
    cold_share: float = 0.005
    start_seconds: float = 1.0
    log_bytes: int = 2_500
    capture_bytes: int = 250
    capture_seconds: float = 0.05
    measured_metrics: int = 18
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
        """What a month's predictions take in the lake."""
        return self.predictions * self.capture_bytes / BYTES_A_GB

    @property
    def logged_gb(self) -> float:
        """What a month's predictions write into logs."""
        return self.predictions * self.log_bytes / BYTES_A_GB

    def busy_hours(self, models: int) -> float:
        """In how many hours of a month a model is called at all."""
        return min(HOURS_A_MONTH, self.predictions / models)

    def busy_intervals(self, seconds: float, models: int) -> float:
        """In how many intervals of that length a model is called at all, summed over models."""
        return min(self.predictions, models * SECONDS_A_MONTH / seconds)
