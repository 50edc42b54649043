"""Restore a stage beside itself, check it, and measure how far back and how long it took."""

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
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.errors import RestoreError
from modelfleet.domain.ports import ObjectStore
from modelfleet.pipelines.check_restored import RestoredModel, check_restored
from models.catalogue import find, names

# How much may be lost, and how long it may take: what users of this field expect.
RECOVERY_POINT = timedelta(hours=24)
RECOVERY_TIME = timedelta(hours=4)


@dataclass(frozen=True)
class DrillReport:
    """What came back. `restored_to` is the moment gone back to, `seconds` the time of each part.

    `lost` is how much would have been lost in a disaster as the drill began. `brought_back` is the
    number of live objects that were mended; `None` where nothing live was to be touched.
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
        """How long all of it took."""
        return timedelta(seconds=sum(self.seconds.values()))

    @property
    def holds(self) -> bool:
        """Whether both objectives are kept."""
        return self.lost <= RECOVERY_POINT and self.recovery_time <= RECOVERY_TIME


class Watch:
    """Measures the parts of a drill."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """Tell people that a part goes on, and note how long it took."""
        started = time.monotonic()
        with step(title):
            yield
        self.seconds[title] = time.monotonic() - started


def restore(
    cloud: Cloud,
    backups: DatabaseBackups,
    *,
    beside: str,
    bring_back: Callable[[], None] | None = None,
) -> DrillReport:
    """Restore bucket and database beside the live ones, check every champion, and clear up.

    Parameters
    ----------
    cloud
        The stage.
    backups
        Its database's backups.
    beside
        The name of the bucket that takes the restored objects.
    bring_back
        Brings the live database back; with it, what is gone or altered in the live bucket is
        brought back too, once everything has been checked.

    Raises
    ------
    RestoreError
        If the backups do not bring the fleet back.
    """
    started, at, watch = datetime.now(UTC), backups.newest(), Watch()
    client, live = cloud.client("s3"), cloud.output(Output.ARTIFACTS_BUCKET)
    with ExitStack() as copies:
        with watch.part("restore the bucket"):
            region = str(cloud.session.region_name)
            copied = buckets.restored_bucket(client, live, beside, at, region)
            objects = copies.enter_context(copied)
        with watch.part("restore the database"):
            registered = copies.enter_context(backups.restored())
        with watch.part("check every champion"):
            models = _checked(_store(cloud, beside), registered)
        report = DrillReport(cloud.stage.value, at, started - at, watch.seconds, objects, models)
        if bring_back is None:
            return report
        with watch.part("bring back what is live"):
            bring_back()
            return replace(report, brought_back=buckets.bring_back(client, beside, live))


def _checked(store: ObjectStore, registered: Registered) -> tuple[RestoredModel, ...]:
    pointers = set(store.keys(keys.RELEASES))
    released = [model for model in names() if keys.release_pointer(model) in pointers]
    if not released:
        raise RestoreError("the backup holds no release pointer: nothing would serve")
    return tuple(check_restored(find(model), store, registered, OnnxScorer) for model in released)


def _store(cloud: Cloud, bucket: str) -> ObjectStore:
    return s3_store(
        bucket,
        endpoint=cloud.endpoint,
        region=cloud.session.region_name,
        credential_provider=Boto3CredentialProvider(cloud.session),
    )
