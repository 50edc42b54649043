"""An entity's captures and outcomes are deleted from every version of every object."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from cli.outcomes.versioned_bucket import S3Versions
from modelfleet.captures.record import CapturedPrediction, read_capture, write_capture
from modelfleet.outcomes.forget import Forgotten, ObjectVersion, forget
from modelfleet.outcomes.loaded_file import OutcomeLoad, read_loaded, write_loaded
from modelfleet.outcomes.report import Feedback, entity_report_name
from modelfleet.spec.errors import ConflictError
from modelfleet.storage import keys

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY, MODEL, BUCKET = "2026-01-31", "churn", "lake"
# One entity under two keys, and another one.
ANN, ANN_BEFORE, BOB = "annhash", "oldannhash", "bobhash"
LOAD = OutcomeLoad(load="l", received_at=NOW, loaded_by="p", source="t.csv", sha256="0")
FOLDER = keys.captures(MODEL, DAY)


@pytest.fixture
def s3() -> Iterator[Any]:
    """A client of a versioned bucket."""
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        enabled = {"Status": "Enabled"}
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=enabled)
        yield client


def capture(prediction_id: str, entity: str) -> str:
    """A line of the lake."""
    made = CapturedPrediction(
        prediction_id,
        "r",
        NOW,
        MODEL,
        "1",
        "champion",
        1.0,
        {"Age": 42},
        {"p": 0.5},
        "k",
        None,
        entity,
    )
    return write_capture(made)


def filled(s3: Any) -> None:
    """Captures and outcomes of two entities, in every form that the lake has."""
    lines = capture("a1", ANN) + capture("b1", BOB)
    put(s3, f"{FOLDER}/1", gzip.compress(lines.encode()))
    put(s3, f"{FOLDER}/2", (capture("a2", ANN_BEFORE) * 2).encode())
    put(s3, f"{FOLDER}/3", capture("b2", BOB).encode())
    # A file that was compacted since: only its old version is left.
    put(s3, f"{FOLDER}/4", capture("a3", ANN).encode())
    s3.delete_object(Bucket=BUCKET, Key=f"{FOLDER}/4")
    table = pa.table({"prediction_id": ["a3", "b3"], "entity": [ANN, BOB], "Age": [1.0, None]})
    written = BytesIO()
    pq.write_table(table, written, compression="zstd")
    put(s3, f"{FOLDER}/compacted.parquet", written.getvalue())
    for name in ("a1", "a1", "b1"):
        put(s3, keys.feedback(MODEL, DAY, name), outcome(name))
    loaded = write_loaded(LOAD, [("a3", 1.0), ("b3", 0.0), ("b2", 1.0)])
    put(s3, keys.loaded_outcomes(MODEL, DAY, "mixed"), loaded)
    put(s3, keys.loaded_outcomes(MODEL, DAY, "own"), write_loaded(LOAD, [("a2", 1.0)]))
    for hashes in ([ANN, ANN_BEFORE], [BOB]):
        put(s3, keys.entity_report(MODEL, DAY, entity_report_name(NOW, hashes)), b"{}")
    # Another model's predictions of the same customer have another hash, and stay in any case.
    put(s3, keys.captures("other", DAY) + "/1", capture("a9", ANN).encode())


def put(s3: Any, key: str, content: bytes) -> None:
    """Store an object."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def outcome(name: str) -> bytes:
    """The object of a prediction's outcome."""
    made = Feedback(prediction_id=name, model=MODEL, actual=1, received_at=NOW, request_id="r")
    return made.model_dump_json().encode()


def ran(s3: Any, bucket: S3Versions | None = None) -> Forgotten:
    """Forget Ann."""
    return forget(bucket or S3Versions(s3, BUCKET), MODEL, [ANN, ANN_BEFORE])


def everything(s3: Any) -> str:
    """Every key and the content of every version of the model, unpacked."""
    bucket, found = S3Versions(s3, BUCKET), []
    for prefix in (keys.all_captures(MODEL), keys.all_feedback(MODEL).removesuffix("*")):
        for version in bucket.versions(prefix):
            content = bucket.read(version)
            if content.startswith(b"PAR1"):
                content = json.dumps(pq.read_table(BytesIO(content)).to_pylist()).encode()
            elif content.startswith(b"\x1f\x8b"):
                content = gzip.decompress(content)
            found.append(f"{version.key} {content.decode()}")
    return "\n".join(found)


def test_nothing_of_the_entity_is_left_in_any_version(s3: Any) -> None:
    """Neither its hash nor the IDs of its predictions; everything of others is still there."""
    filled(s3)
    gone = ran(s3)
    left = everything(s3)
    assert not any(f'"{name}"' in left or f"/{name}." in left for name in ("a1", "a2", "a3"))
    assert ANN not in left
    assert gone.prediction_ids == {"a1", "a2", "a3"}
    # Two lines of one delivered twice, one in a file and its compacted form.
    assert gone.predictions == 5
    # Of two predictions in files, of one by itself, and on the entity.
    assert gone.outcomes == 4
    for name in ("b1", "b2", "b3"):
        assert f'"{name}"' in left
    assert left.count(BOB) == 4


def test_what_is_kept_is_read_as_before(s3: Any) -> None:
    """Objects keep their form, and files of loaded outcomes their first line."""
    filled(s3)
    ran(s3)
    bucket = S3Versions(s3, BUCKET)
    stored = {each.key: bucket.read(each) for each in bucket.versions("") if each.is_current}
    (line,) = gzip.decompress(stored[f"{FOLDER}/1"]).splitlines()
    assert read_capture(line).prediction_id == "b1"
    table = pq.read_table(BytesIO(stored[f"{FOLDER}/compacted.parquet"]))
    assert table.to_pylist() == [{"prediction_id": "b3", "entity": BOB, "Age": None}]
    key = keys.loaded_outcomes(MODEL, DAY, "mixed")
    assert [each.prediction_id for each in read_loaded(key, stored[key])] == ["b3", "b2"]
    assert f"{FOLDER}/2" not in stored
    assert keys.loaded_outcomes(MODEL, DAY, "own") not in stored
    assert keys.captures("other", DAY) + "/1" in stored


def test_running_it_again_changes_nothing(s3: Any) -> None:
    """There is nothing left to delete, and no object is written."""
    filled(s3)
    ran(s3)
    before = [*S3Versions(s3, BUCKET).versions("")]
    assert ran(s3) == Forgotten(0, 0, 0, frozenset())
    assert [*S3Versions(s3, BUCKET).versions("")] == before


class Interrupted(S3Versions):
    """A bucket whose caller is killed after a number of changes."""

    def __init__(self, client: Any, changes: int) -> None:
        super().__init__(client, BUCKET)
        self._left = changes

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt

    def replace(self, version: ObjectVersion, content: bytes) -> None:
        """Replace, unless the process is dead."""
        self._count()
        super().replace(version, content)

    def hide(self, key: str) -> None:
        """Hide, unless the process is dead."""
        self._count()
        super().hide(key)

    def erase(self, version: ObjectVersion) -> None:
        """Erase, unless the process is dead."""
        self._count()
        super().erase(version)


@pytest.mark.parametrize("changes", range(0, 16, 3))
def test_a_run_after_a_killed_one_deletes_the_rest(s3: Any, changes: int) -> None:
    """Wherever it was killed."""
    filled(s3)
    with pytest.raises(KeyboardInterrupt):
        ran(s3, Interrupted(s3, changes))
    assert ANN in everything(s3)
    ran(s3)
    left = everything(s3)
    assert ANN not in left
    assert not any(f'"{name}"' in left or f"/{name}." in left for name in ("a1", "a2", "a3"))
    assert all(f'"{name}"' in left for name in ("b1", "b2", "b3"))


def test_an_object_that_changes_meanwhile_is_not_overwritten(s3: Any) -> None:
    """The other writer's content stays, and the message says what to do."""
    filled(s3)

    class Raced(S3Versions):
        def replace(self, version: ObjectVersion, content: bytes) -> None:
            put(s3, version.key, b"newer")
            super().replace(version, content)

    with pytest.raises(ConflictError, match="run the command again"):
        ran(s3, Raced(s3, BUCKET))
    assert "newer" in everything(s3)
