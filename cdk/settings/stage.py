"""The settings of a stage and their types; `cdk.settings.stages` has their values."""

from dataclasses import dataclass
from enum import StrEnum

from modelfleet.resource_names import StackPart, resource_name
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.release_policy import WithoutTraffic


class StageError(ValueError):
    """The stage does not exist, or a setting is missing or not valid."""


class Packaging(StrEnum):
    """How a function's folder is packaged for Lambda."""

    IMAGE = "image"
    ZIP = "zip"


class Database(StrEnum):
    """A database for MLflow's runs and versions."""

    AURORA = "aurora"
    """Aurora PostgreSQL, deployed with the stage."""

    EMBEDDED = "embedded"
    """PostgreSQL next to the local engine; the context `tracking_uri` has its address."""


@dataclass(frozen=True, kw_only=True)
class ReleasePlan:
    """Default plan for the release of new versions, if the model's spec declares no other."""

    shares: tuple[float, ...] = (0.1, 0.5)
    """Shares of the traffic that a version serves, one after the other, before it serves all."""

    wait_seconds: int
    """How long a version serves a share before it is compared with the champion."""

    minimum_predictions: int
    """Predictions that each of the two must have served for that; with fewer, the wait repeats."""

    waits_maximum: int
    """How many times the wait repeats at most, per share."""

    without_traffic: WithoutTraffic
    """What happens then: advance if held-out rows allow it, or roll back and ask a person."""

    lock_wait_seconds: int
    """The pause between attempts to lock a model that another execution is changing."""

    bandit_minutes: int = 60
    """The interval between updates of the shares of versions in mode `bandit`."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Limits of a client of the API."""

    requests_per_second: int
    """The rate that is allowed permanently."""

    burst: int
    """Requests that may exceed the rate for a moment."""

    requests_per_month: int | None = None
    """The quota; `None` is unlimited."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything that differs between stages."""

    name: str
    """Part of the names of all resources."""

    # Functions

    packaging: Packaging
    """Packaging of the functions whose libraries are too large for a layer."""

    shared_layers: bool
    """Whether zip functions get libraries and shared code from layers instead of their archive."""

    snap_start: bool
    """Whether predict functions start from SnapStart snapshots, which are billed by the second."""

    serving_memory_mb_minimum: int
    """Memory that every predict function gets, even if its model's spec asks for less."""

    reserved_concurrency: int | None
    """Concurrency reserved for each predict function; `None` shares the account's."""

    gradual_code: bool
    """Whether CodeDeploy shifts traffic to new code of predict functions, with rollback."""

    forward_metrics: bool
    """Whether the captures function publishes metrics; the local engine reads none from logs."""

    log_retention_days: int
    """How long all logs are kept."""

    # API

    docs_enabled: bool
    """Whether `/docs` and `/card` are shown, without an API key."""

    details_enabled: bool
    """Whether a refusal names the fields and rules that the request violated."""

    allowed_origins: tuple[str, ...]
    """Origins of web pages that may call the API from a browser; `*` allows all."""

    throttle: Throttle
    """Limits of the API as a whole, and defaults for its clients."""

    maximum_body_bytes: int
    """The largest request body that predict functions accept."""

    requests_per_address: int | None
    """Requests per IP address in five minutes that a web firewall lets through; `None`: none."""

    access_logs: bool
    """Whether API, buckets and network log who accessed them."""

    tracing: bool
    """Whether functions, API and state machines send traces to X-Ray."""

    traced_share: float
    """The share of the API's requests that are traced."""

    tls_only: bool
    """Whether buckets, topics and queues refuse requests without TLS."""

    # Releases

    release: ReleasePlan
    """How new versions of models take over."""

    refresh_seconds: float
    """The interval at which a warm predict function re-reads its release pointer."""

    # Data

    database: Database
    """Where MLflow stores runs and versions."""

    database_capacity_maximum: float
    """The most Aurora capacity units that the database scales to."""

    database_backup_days: int
    """How long the database's own continuous backups are kept."""

    retain_data: bool
    """Whether buckets, database and logs outlive their stacks, which may then be `protected`."""

    empty_buckets_on_delete: bool
    """Whether deleting a stack deletes the objects in its buckets, without which it fails."""

    captures_days: int
    """How long captured predictions and their outcomes are kept."""

    run_files_days: int
    """How long MLflow's files of a run are kept; bundles do not expire."""

    vault_days: int | None
    """How long daily copies are kept in a backup vault; `None`: no vault."""

    # Monitoring

    alarm_notifications: bool
    """Whether alarms notify people; if not, only alarms that trigger a rollback are deployed."""

    budget_usd: float | None
    """The monthly cost at which people are warned; `None`: no budget."""

    # Protection

    protected: frozenset[StackPart] = frozenset()
    """Stacks that cannot be deleted; see `is_protected`."""

    @property
    def unique_log_names(self) -> bool:
        """Whether the names of log groups end with the ID of their stack.

        The local engine writes to the log group with the function's plain name.
        """
        return self.database is Database.AURORA

    def is_protected(self, part: StackPart) -> bool:
        """Whether termination protection is on for a stack.

        It must be off until the stack is up: CloudFormation can neither roll back a protected
        database nor delete a protected stack, and a stack whose creation failed must be deleted.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
        """
        return self.retain_data and part in self.protected

    def serving_memory_mb(self, spec: ModelSpec) -> int:
        """Memory of a model's predict function."""
        return max(spec.serving.memory_mb, self.serving_memory_mb_minimum)

    def resource(self, *parts: str) -> str:
        """Return the name of a resource of this stage."""
        return resource_name(self.name, *parts)
