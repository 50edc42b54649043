"""The four stages, and the one place that lists what `local` replaces."""

from dataclasses import replace

from cdk.settings.stage import Database, Packaging, ReleasePlan, Stage, StageError, Throttle
from modelfleet.spec.model import MEBIBYTE
from modelfleet.spec.release_policy import WithoutTraffic

PROD = Stage(
    name="prod",
    packaging=Packaging.IMAGE,
    shared_layers=True,
    snap_start=True,
    serving_memory_mb_minimum=1024,
    reserved_concurrency=None,
    gradual_code=True,
    forward_metrics=False,
    log_retention_days=365,
    docs_enabled=False,
    details_enabled=False,
    allowed_origins=(),
    throttle=Throttle(requests_per_second=500, burst=1000, requests_per_month=10_000_000),
    maximum_body_bytes=MEBIBYTE,
    requests_per_address=100_000,
    access_logs=True,
    tracing=True,
    traced_share=0.05,
    tls_only=True,
    release=ReleasePlan(
        wait_seconds=3600,
        minimum_predictions=500,
        waits_maximum=3,
        without_traffic=WithoutTraffic.STOP,
        lock_wait_seconds=60,
    ),
    refresh_seconds=30.0,
    database=Database.AURORA,
    database_capacity_maximum=4,
    database_backup_days=7,
    retain_data=True,
    empty_buckets_on_delete=False,
    captures_days=730,
    run_files_days=730,
    vault_days=90,
    alarm_notifications=True,
    budget_usd=150,
)

# Like prod, but smaller and with shorter waits.
STAGING = replace(
    PROD,
    name="staging",
    log_retention_days=30,
    details_enabled=True,
    throttle=Throttle(requests_per_second=200, burst=400, requests_per_month=1_000_000),
    requests_per_address=20_000,
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
    budget_usd=80,
)

# Cheap, easy to inspect, and without leftovers once it is destroyed.
DEV = replace(
    PROD,
    name="dev",
    snap_start=False,
    serving_memory_mb_minimum=512,
    log_retention_days=7,
    docs_enabled=True,
    details_enabled=True,
    allowed_origins=("*",),
    throttle=Throttle(requests_per_second=50, burst=100, requests_per_month=100_000),
    requests_per_address=None,
    traced_share=1,
    release=ReleasePlan(
        wait_seconds=300,
        minimum_predictions=100,
        waits_maximum=1,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=30,
    ),
    database_capacity_maximum=1,
    database_backup_days=1,
    retain_data=False,
    empty_buckets_on_delete=True,
    captures_days=90,
    run_files_days=90,
    vault_days=None,
    alarm_notifications=False,
    budget_usd=40,
)

# Everything that `local` replaces:
# - container images: zip archives of the same folders
# - libraries in layers: those of the environment that the engine runs in
# - Aurora and its VPC: embedded PostgreSQL
# - SnapStart: warm processes
# - metrics that CloudWatch reads from logs: the captures function, which reads the logs anyway
# - the function that empties buckets: the engine, which keeps no data when it ends
# - CodeDeploy, X-Ray, access logs, and the events of alarms that change: nothing
# - TLS: the engine speaks plain HTTP on the loopback interface, so policies that refuse plain HTTP
#   are left out; with them, no role could work
# Log groups have their functions' plain names. Changes to the engine itself: `cli.local_cloud`.
LOCAL = Stage(
    name="local",
    packaging=Packaging.ZIP,
    shared_layers=False,
    snap_start=False,
    serving_memory_mb_minimum=256,
    reserved_concurrency=None,
    gradual_code=False,
    forward_metrics=True,
    log_retention_days=1,
    docs_enabled=True,
    details_enabled=True,
    allowed_origins=("*",),
    throttle=Throttle(requests_per_second=1000, burst=2000),
    maximum_body_bytes=MEBIBYTE,
    requests_per_address=None,
    access_logs=False,
    tracing=False,
    traced_share=0,
    tls_only=False,
    release=ReleasePlan(
        wait_seconds=3,
        minimum_predictions=50,
        waits_maximum=1,
        without_traffic=WithoutTraffic.ADVANCE,
        lock_wait_seconds=2,
        bandit_minutes=5,
    ),
    refresh_seconds=2.0,
    database=Database.EMBEDDED,
    database_capacity_maximum=0,
    database_backup_days=0,
    retain_data=False,
    empty_buckets_on_delete=False,
    captures_days=30,
    run_files_days=30,
    vault_days=None,
    alarm_notifications=True,
    budget_usd=None,
)

STAGES = {stage.name: stage for stage in (LOCAL, DEV, STAGING, PROD)}
DEPLOYED_BY_CI = tuple(name for name in STAGES if name != LOCAL.name)

# In place of a stage: the roles of CI, which are not part of one.
CI = "ci"


def find_stage(name: str | None) -> Stage:
    """Return the settings of a stage.

    Raises
    ------
    StageError
        If there is no such stage; the message lists those that exist.
    """
    if name in STAGES:
        return STAGES[name]
    problem = f"there is no stage {name!r}" if name else "no stage was given"
    raise StageError(f"{problem}: add -c stage={'|'.join((*STAGES, CI))}")
