"""What may differ between the stages; how each is set is in `cdk.settings.stages`."""

from dataclasses import dataclass
from enum import StrEnum

from modelfleet.domain.deployment import PROJECT, StackPart
from modelfleet.domain.rollout import WithoutTraffic


class Packaging(StrEnum):
    """How a function's folder becomes something that Lambda runs."""

    IMAGE = "image"
    ZIP = "zip"


class Database(StrEnum):
    """Where MLflow keeps runs and versions.

    `aurora` is deployed with the stage. `embedded` runs beside the local engine, and its address is
    given as the context `tracking_uri`.
    """

    AURORA = "aurora"
    EMBEDDED = "embedded"


@dataclass(frozen=True, kw_only=True)
class ReleasePlan:
    """How versions are released where their model declares nothing else.

    A version takes the `shares` of the traffic one after the other before it takes all. At each it
    is waited `wait_seconds`, then both arms are judged; with fewer than `minimum_predictions` on
    either it is waited again, at most `waits_maximum` times, and then `without_traffic` says
    whether the held-out rows decide or a person must. `lock_wait_seconds` is how long an execution
    waits before it asks again for a model that another one is changing, `bandit_minutes` how long
    lies between two looks at the outcomes of a version in mode `bandit`.
    """

    shares: tuple[float, ...] = (0.1, 0.5)
    wait_seconds: int
    minimum_predictions: int
    waits_maximum: int
    without_traffic: WithoutTraffic
    lock_wait_seconds: int
    bandit_minutes: int = 60


class StageError(ValueError):
    """The stage is not one of those that exist, or lacks what it needs."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Limits of an API key. A quota of `None` is no quota."""

    requests_per_second: int
    burst: int
    requests_per_month: int | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything that differs between stages.

    `packaging` holds for the functions whose libraries are too large for a layer; `shared_layers`
    says whether the others take theirs from layers. `retain_data` keeps buckets and database when
    their stack is deleted, and lets its stacks be `protected`. `reserved_concurrency` is per
    predict function; `None` shares the account's. `forward_metrics` has the captures function take
    the measurements out of the log, where CloudWatch does not do so by itself. `tls_only` refuses
    requests without TLS at buckets, topic and queue. `details_enabled` lets the API's refusals name
    the fields and rules that were broken; `allowed_origins` are the web pages from which browsers
    may call the API, `*` for all. `throttle` limits the API as a whole, and each client that has no
    limits of its own. `release` is how versions are released. With `alarm_notifications`
    people are told by alarms; a stage without has those alone that act. Captures live
    `captures_days` and what runs wrote beside their bundles `run_files_days`; daily copies stay
    `vault_days` in a vault, where there is one. `gradual_code` has CodeDeploy move the traffic to
    new code. `snap_start` keeps snapshots for fast starts, which are paid for by the second.
    `requests_per_address`, in five minutes, is a web firewall's limit, and `None` is no firewall.
    `budget_usd` is what a month may cost before people are told; with `None` nobody is.
    Where there is `tracing`, `traced_share` of the API's requests are traced. `protected` are the
    stacks that are up, and from then on not to be deleted by mistake.
    """

    name: str
    packaging: Packaging
    shared_layers: bool
    database: Database
    snap_start: bool
    tls_only: bool
    tracing: bool
    retain_data: bool
    empty_buckets_on_delete: bool
    log_retention_days: int
    docs_enabled: bool
    details_enabled: bool
    allowed_origins: tuple[str, ...]
    access_logs: bool
    refresh_seconds: float
    serving_memory_mb_minimum: int
    reserved_concurrency: int | None
    maximum_body_bytes: int
    forward_metrics: bool
    throttle: Throttle
    release: ReleasePlan
    alarm_notifications: bool
    database_capacity_maximum: float
    database_backup_days: int
    captures_days: int
    run_files_days: int
    vault_days: int | None
    gradual_code: bool
    requests_per_address: int | None
    budget_usd: float | None
    traced_share: float
    protected: frozenset[StackPart] = frozenset()

    @property
    def isolated_network(self) -> bool:
        """Whether functions that reach the database sit in a VPC of the stage's own."""
        return self.database is Database.AURORA

    @property
    def lasting_names(self) -> bool:
        """Whether what may outlive its stack is named anew by each stack.

        The local engine writes a function's log under the function's name, and keeps nothing.
        """
        return self.database is Database.AURORA

    def is_protected(self, part: StackPart) -> bool:
        """Whether a stack cannot be deleted before somebody lifts its protection.

        Never before it is up: CloudFormation can neither roll back a protected database nor delete
        a protected stack, and one whose creation failed can only be deleted.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
        """
        return self.retain_data and part in self.protected

    def resource(self, *parts: str) -> str:
        """The name of something that this stage owns; several stages fit into one account."""
        return "-".join((PROJECT, self.name, *parts))
