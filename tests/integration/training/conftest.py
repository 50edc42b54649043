"""The outside world of the train function: PostgreSQL, and S3 over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from modelfleet.adapters.object_store import s3_store
from modelfleet.bootstrap import training
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import ROWS_FILE, NewestDataset
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.settings import TrainSettings
from modelfleet.storage import keys
from modelfleet.tables.validate import validate
from models.bankchurn.sample import sample
from tests.aws import aws_services
from tests.postgresql import postgresql
from tests.training import first_candidate_only

MODEL = "bankchurn"
ROWS = 1_500
LAKE, ARTIFACTS = "lake", "artifacts"


@pytest.fixture(scope="package")
def database(database_folder: Path) -> Iterator[str]:
    """Run PostgreSQL; gives MLflow's address of it."""
    with postgresql(database_folder / "train") as address:
        yield address


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """Serve S3 on a free port of the loopback interface, with nothing of another module in it.

    Each has registries of its own, whose first versions have the same name.
    """
    with aws_services() as address:
        yield address


@pytest.fixture(scope="module")
def environment(database: str, s3_endpoint: str) -> Iterator[pytest.MonkeyPatch]:
    """Configure the function as infrastructure does, with its two buckets in place."""
    settings = TrainSettings(
        stage="local",
        lake_bucket=LAKE,
        artifacts_bucket=ARTIFACTS,
        tracking_uri=database,
        database_iam_authentication=False,
    )
    credentials = {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with first_candidate_only() as patch:
        for name, value in (settings.to_environment() | credentials).items():
            patch.setenv(name, value)
        for bucket in (LAKE, ARTIFACTS):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield patch
    for cached in (
        training.train_settings,
        training.lake,
        training.artifacts,
        training.model_registry,
    ):
        cached.cache_clear()


@pytest.fixture(scope="module")
def load_rows(environment: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Give a function that stores sample rows as the newest data set version."""

    def load(version: str, seed: int) -> None:
        spec = find(MODEL)
        wanted = [*spec.feature_names, spec.target.column]
        sampled = [{name: row[name] for name in wanted} for row in sample(ROWS, seed)]
        rows = validate(spec, enumerate(sampled))
        lake = s3_store(LAKE)
        content = to_parquet(spec, rows.accepted)
        lake.put(f"{keys.dataset(MODEL, version)}/{ROWS_FILE}", content)
        pointer = NewestDataset(version=version).model_dump_json().encode()
        lake.put(keys.newest_dataset(MODEL), pointer)

    return load
