"""What differs between the stages, and the one place that lists what `local` replaces."""

from dataclasses import dataclass
from enum import StrEnum

from modelfleet.domain.deployment import PROJECT
from modelfleet.domain.rollout import WithoutTraffic

MEBIBYTE = 1024 * 1024


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
    their stack is deleted, and protects the database from deletion. `reserved_concurrency` is per
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
    Where there is `tracing`, `traced_share` of the API's requests are traced.
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

    @property
    def isolated_network(self) -> bool:
        """Whether functions that reach the database sit in a VPC of the stage's own."""
        return self.database is Database.AURORA

    @property
    def termination_protection(self) -> bool:
        """Whether no stack of the stage can be deleted before somebody says that it may."""
        return self.retain_data

    def resource(self, *parts: str) -> str:
        """The name of something that this stage owns; several stages fit into one account."""
        return "-".join((PROJECT, self.name, *parts))


def _cloud(
    name: str,
    *,
    snap_start: bool,
    retain_data: bool,
    log_retention_days: int,
    docs_enabled: bool,
    details_enabled: bool,
    allowed_origins: tuple[str, ...],
    serving_memory_mb_minimum: int,
    reserved_concurrency: int | None,
    throttle: Throttle,
    release: ReleasePlan,
    alarm_notifications: bool,
    database_capacity_maximum: float,
    database_backup_days: int,
    captures_days: int,
    run_files_days: int,
    vault_days: int | None,
    requests_per_address: int | None,
    budget_usd: float,
    traced_share: float,
) -> Stage:
    return Stage(
        name=name,
        packaging=Packaging.IMAGE,
        shared_layers=True,
        database=Database.AURORA,
        snap_start=snap_start,
        tls_only=True,
        tracing=True,
        retain_data=retain_data,
        empty_buckets_on_delete=not retain_data,
        log_retention_days=log_retention_days,
        docs_enabled=docs_enabled,
        details_enabled=details_enabled,
        allowed_origins=allowed_origins,
        access_logs=True,
        refresh_seconds=30.0,
        serving_memory_mb_minimum=serving_memory_mb_minimum,
        reserved_concurrency=reserved_concurrency,
        maximum_body_bytes=MEBIBYTE,
        forward_metrics=False,
        throttle=throttle,
        release=release,
        alarm_notifications=alarm_notifications,
        database_capacity_maximum=database_capacity_maximum,
        database_backup_days=database_backup_days,
        captures_days=captures_days,
        run_files_days=run_files_days,
        vault_days=vault_days,
        gradual_code=True,
        requests_per_address=requests_per_address,
        budget_usd=budget_usd,
        traced_share=traced_share,
    )


# What `local` replaces, all of it: the container image by a zip of the same folder, the libraries
# of the layers by those of the environment that the engine runs in, Aurora and its VPC by an
# embedded PostgreSQL, SnapStart's snapshot by a warm process, CodeDeploy, X-Ray and access logs by
# nothing, CloudWatch's reading of measurements from the log by the captures function, which reads
# the log anyway, the function that empties buckets by the engine's own end, and by nothing the
# event that an alarm sends when it changes. The engine speaks plain HTTP on the loopback interface,
# so the policies that refuse it are left out; with them, none of its roles could work. How the
# engine itself is changed is said in `cli.local_cloud`.
LOCAL = Stage(
    name="local",
    packaging=Packaging.ZIP,
    shared_layers=False,
    database=Database.EMBEDDED,
    snap_start=False,
    tls_only=False,
    tracing=False,
    retain_data=False,
    empty_buckets_on_delete=False,
    log_retention_days=1,
    docs_enabled=True,
    details_enabled=True,
    allowed_origins=("*",),
    access_logs=False,
    refresh_seconds=2.0,
    serving_memory_mb_minimum=256,
    reserved_concurrency=None,
    maximum_body_bytes=MEBIBYTE,
    forward_metrics=True,
    throttle=Throttle(requests_per_second=1000, burst=2000),
    release=ReleasePlan(
        wait_seconds=3,
        minimum_predictions=50,
        waits_maximum=1,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=2,
        bandit_minutes=5,
    ),
    alarm_notifications=True,
    database_capacity_maximum=0,
    database_backup_days=0,
    captures_days=30,
    run_files_days=30,
    vault_days=None,
    gradual_code=False,
    requests_per_address=None,
    budget_usd=None,
    traced_share=0,
)

DEV = _cloud(
    "dev",
    snap_start=False,
    retain_data=False,
    log_retention_days=7,
    docs_enabled=True,
    details_enabled=True,
    allowed_origins=("*",),
    serving_memory_mb_minimum=512,
    reserved_concurrency=None,
    release=ReleasePlan(
        wait_seconds=300,
        minimum_predictions=100,
        waits_maximum=1,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=30,
    ),
    throttle=Throttle(requests_per_second=50, burst=100, requests_per_month=100_000),
    alarm_notifications=False,
    database_capacity_maximum=1,
    database_backup_days=1,
    captures_days=90,
    run_files_days=90,
    vault_days=None,
    requests_per_address=None,
    budget_usd=40,
    traced_share=1,
)

STAGING = _cloud(
    "staging",
    snap_start=True,
    retain_data=True,
    log_retention_days=30,
    docs_enabled=False,
    details_enabled=True,
    allowed_origins=(),
    serving_memory_mb_minimum=1024,
    reserved_concurrency=None,
    release=ReleasePlan(
        wait_seconds=900,
        minimum_predictions=200,
        waits_maximum=2,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=60,
    ),
    throttle=Throttle(requests_per_second=200, burst=400, requests_per_month=1_000_000),
    alarm_notifications=True,
    database_capacity_maximum=2,
    database_backup_days=7,
    captures_days=180,
    run_files_days=365,
    vault_days=90,
    requests_per_address=20_000,
    budget_usd=80,
    traced_share=0.05,
)

PROD = _cloud(
    "prod",
    snap_start=True,
    retain_data=True,
    log_retention_days=365,
    docs_enabled=False,
    details_enabled=False,
    allowed_origins=(),
    serving_memory_mb_minimum=1024,
    reserved_concurrency=50,
    release=ReleasePlan(
        wait_seconds=3600,
        minimum_predictions=500,
        waits_maximum=3,
        without_traffic=WithoutTraffic.STOP,
        lock_wait_seconds=60,
    ),
    throttle=Throttle(requests_per_second=500, burst=1000, requests_per_month=10_000_000),
    alarm_notifications=True,
    database_capacity_maximum=4,
    database_backup_days=7,
    captures_days=730,
    run_files_days=730,
    vault_days=90,
    requests_per_address=100_000,
    budget_usd=150,
    traced_share=0.05,
)

STAGES = {stage.name: stage for stage in (LOCAL, DEV, STAGING, PROD)}


def find_stage(name: str | None) -> Stage:
    """The settings of a stage.

    Raises
    ------
    StageError
        If there is no such stage; the text names those that exist.
    """
    if name in STAGES:
        return STAGES[name]
    given = f"there is no stage {name!r}" if name else "no stage was given"
    raise StageError(f"{given}: add -c stage={'|'.join(STAGES)}")
