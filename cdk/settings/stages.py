"""How each stage is set, and the one place that lists what `local` replaces."""

from dataclasses import replace

from cdk.settings.stage import Database, Packaging, ReleasePlan, Stage, StageError, Throttle
from modelfleet.domain.rollout import WithoutTraffic
from modelfleet.domain.spec import MEBIBYTE

PROD = Stage(
    name="prod",
    packaging=Packaging.IMAGE,
    shared_layers=True,
    database=Database.AURORA,
    snap_start=True,
    tls_only=True,
    tracing=True,
    retain_data=True,
    empty_buckets_on_delete=False,
    log_retention_days=365,
    docs_enabled=False,
    details_enabled=False,
    allowed_origins=(),
    access_logs=True,
    refresh_seconds=30.0,
    serving_memory_mb_minimum=1024,
    reserved_concurrency=None,
    maximum_body_bytes=MEBIBYTE,
    forward_metrics=False,
    throttle=Throttle(requests_per_second=500, burst=1000, requests_per_month=10_000_000),
    release=ReleasePlan(
        wait_seconds=3600,
        minimum_predictions=500,
        waits_maximum=3,
        without_traffic=WithoutTraffic.STOP,
        lock_wait_seconds=60,
    ),
    alarm_notifications=True,
    database_capacity_maximum=4,
    database_backup_days=7,
    captures_days=730,
    run_files_days=730,
    vault_days=90,
    gradual_code=True,
    requests_per_address=100_000,
    budget_usd=150,
    traced_share=0.05,
)

# Like prod, but smaller, and with less to wait for.
STAGING = replace(
    PROD,
    name="staging",
    log_retention_days=30,
    details_enabled=True,
    throttle=Throttle(requests_per_second=200, burst=400, requests_per_month=1_000_000),
    release=ReleasePlan(
        wait_seconds=900,
        minimum_predictions=200,
        waits_maximum=2,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=60,
    ),
    database_capacity_maximum=2,
    captures_days=180,
    run_files_days=365,
    requests_per_address=20_000,
    budget_usd=80,
)

# Cheap, open to look into, and gone without a trace when it is destroyed.
DEV = replace(
    PROD,
    name="dev",
    snap_start=False,
    retain_data=False,
    empty_buckets_on_delete=True,
    log_retention_days=7,
    docs_enabled=True,
    details_enabled=True,
    allowed_origins=("*",),
    serving_memory_mb_minimum=512,
    throttle=Throttle(requests_per_second=50, burst=100, requests_per_month=100_000),
    release=ReleasePlan(
        wait_seconds=300,
        minimum_predictions=100,
        waits_maximum=1,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=30,
    ),
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

# What `local` replaces, all of it: the container image by a zip of the same folder, the libraries
# of the layers by those of the environment that the engine runs in, Aurora and its VPC by an
# embedded PostgreSQL, SnapStart's snapshot by a warm process, CodeDeploy, X-Ray and access logs by
# nothing, CloudWatch's reading of measurements from the log by the captures function, which reads
# the log anyway, the function that empties buckets by the engine's own end, and by nothing the
# event that an alarm sends when it changes. Log groups go by their functions' names. The engine
# speaks plain HTTP on the loopback interface, so the policies that refuse it are left out; with
# them, none of its roles could work. How the engine itself is changed is said in `cli.local_cloud`.
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
