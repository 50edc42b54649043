"""Restores a stage next to the live one, checks it, and measures data loss and recovery time."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from obstore.auth.boto3 import Boto3CredentialProvider

from cli.cloud import Cloud
from cli.drill import buckets
from cli.drill.database_backups import DatabaseBackups, Registered
from cli.output.console import step
from modelfleet.adapters.object_store import s3_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find, names
from modelfleet.resource_names import Output
from modelfleet.restore_drill import RestoredModel, check_restored
from modelfleet.spec.errors import RestoreError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# The objectives for data loss (RPO) and recovery time (RTO).
RECOVERY_POINT = timedelta(hours=24)
RECOVERY_TIME = timedelta(hours=4)


@dataclass(frozen=True)
class DrillReport:
    """The result. `restored_to` is the restored time, `seconds` the duration of each part.

    `lost` is the period whose changes a disaster at the start of the drill would have lost.
    `brought_back` is the number of restored live objects; `None` if only copies were restored.
    """

    stage: str
    restored_to: datetime
    lost: timedelta
    seconds: dict[str, float]
    objects: int
    models: tuple[RestoredModel, ...]
    brought_back: int | None = None

    @property
    def recovery_time(self) -> timedelta:
        """The total duration."""
        return timedelta(seconds=sum(self.seconds.values()))

    @property
    def objectives_met(self) -> bool:
        """Whether both objectives are met."""
        return self.lost <= RECOVERY_POINT and self.recovery_time <= RECOVERY_TIME


class Stopwatch:
    """Measures the parts of a drill."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """Show progress, and record the duration."""
        started = time.monotonic()
        with step(title):
            yield
        self.seconds[title] = time.monotonic() - started


def restore(
    cloud: Cloud,
    backups: DatabaseBackups,
    *,
    copy: str,
    restore_live: Callable[[], None] | None = None,
) -> DrillReport:
    """Restore copies of bucket and database, check every champion, and delete the copies.

    Parameters
    ----------
    cloud
        The stage.
    backups
        The database's backups.
    copy
        The name of the bucket for restored objects.
    restore_live
        Restores the live database. If given, missing and changed objects of the live bucket are
        restored too, after all checks.

    Raises
    ------
    RestoreError
        If the backups cannot be restored or a restored champion does not serve.
    """
    started, at, watch = datetime.now(UTC), backups.newest(), Stopwatch()
    client, live = cloud.client("s3"), cloud.output(Output.ARTIFACTS_BUCKET)
    with ExitStack() as copies:
        with watch.part("restore the bucket"):
            region = str(cloud.session.region_name)
            copied = buckets.restored_bucket(client, live, copy, at, region)
            objects = copies.enter_context(copied)
        with watch.part("restore the database"):
            registered = copies.enter_context(backups.restored())
        with watch.part("check every champion"):
            models = _checked(_store(cloud, copy), registered)
        report = DrillReport(cloud.stage.value, at, started - at, watch.seconds, objects, models)
        if restore_live is None:
            return report
        with watch.part("bring back what is live"):
            restore_live()
            return replace(report, brought_back=buckets.restore_live(client, copy, live))


def _checked(store: ObjectStore, registered: Registered) -> tuple[RestoredModel, ...]:
    pointers = set(store.keys(keys.RELEASES))
    released = [model for model in names() if keys.release_pointer(model) in pointers]
    if not released:
        raise RestoreError("the backup contains no release pointer, so no model would serve")
    return tuple(check_restored(find(model), store, registered, OnnxScorer) for model in released)


def _store(cloud: Cloud, bucket: str) -> ObjectStore:
    return s3_store(
        bucket,
        endpoint=cloud.endpoint,
        region=cloud.session.region_name,
        credential_provider=Boto3CredentialProvider(cloud.session),
    )
