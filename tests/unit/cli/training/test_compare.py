"""`fleet compare`, with versions whose predictions are known."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.datasets.samples import write_sample
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.datasets import load as load_dataset
from modelfleet.registry.manifest import MANIFEST_FILE, MODEL_FILE, BundleManifest
from modelfleet.resource_names import Output
from modelfleet.spec.errors import BundleError, DatasetError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.encoding import ColumnEncoding
from tests.serving import NOW, put_bundle

SPEC = find("telecom")
ROWS = 600


class MemoryCloud:
    """A stage with two buckets in memory."""

    def __init__(self) -> None:
        self.buckets = {Output.LAKE_BUCKET: memory_store(), Output.ARTIFACTS_BUCKET: memory_store()}

    def store(self, bucket: Output) -> ObjectStore:
        """One of the buckets."""
        return self.buckets[bucket]


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MemoryCloud:
    """A stage with data and two versions with equal ranking; the second predicts lower."""
    memory = MemoryCloud()
    table = write_sample("telecom", tmp_path / "data.csv", seed=1, rows=ROWS)
    load_dataset.load(SPEC, table, memory.store(Output.LAKE_BUCKET), "test", NOW)
    for version, bias in (("1", 0.0), ("2", -1.0)):
        put_bundle(memory.store(Output.ARTIFACTS_BUCKET), SPEC, version, bias)
    monkeypatch.setattr(Cloud, "connect", lambda *_: memory)
    return memory


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, ["compare", "telecom", *arguments], catch_exceptions=False)


def test_the_gates_tests_are_used() -> None:
    """Versions with equal ranking have equal AUC; the one nearer to the base rate has less loss."""
    told = json.loads(run("1", "2", "--json").stdout)
    assert told["versions"] == ["1", "2"]
    assert 0.1 * ROWS < told["rows"] < 0.3 * ROWS
    assert (told["primary"]["metric"], told["primary"]["name"]) == ("roc_auc", "DeLong")
    assert (told["primary"]["difference"], told["primary"]["p_value"]) == (0.0, 1.0)
    tests = {test["metric"]: test for test in told["others"]}
    assert tests["brier"]["upper"] < 0.0
    assert tests["brier"]["p_value"] < 0.01
    assert tests["accuracy"]["name"] == "McNemar"


def test_values_have_intervals() -> None:
    """Each version's metrics have intervals."""
    told = json.loads(run("1", "2", "--json").stdout)
    first, second = told["metrics"]["1"]["brier"], told["metrics"]["2"]["brier"]
    (test,) = [test for test in told["others"] if test["metric"] == "brier"]
    assert (first["value"], second["value"]) == (test["champion"], test["candidate"])
    assert first["lower"] < first["value"] < first["upper"]


def test_the_reverse_comparison_has_opposite_signs() -> None:
    """Differences are second minus first."""
    one, other = (json.loads(run(*pair, "--json").stdout) for pair in (("1", "2"), ("2", "1")))
    for mine, theirs in zip(one["others"], other["others"], strict=True):
        assert mine["difference"] == pytest.approx(-theirs["difference"])


def test_the_table_ends_with_a_conclusion() -> None:
    """A row has both versions, the difference, its interval, and the p-value."""
    text = run("1", "2").stdout
    assert "telecom 2 compared with 1 on" in text
    lines = text.splitlines()
    (position,) = [number for number, line in enumerate(lines) if "brier" in line]
    assert "paired bootstrap" in lines[position]
    assert lines[position + 1].count(" to ") == 3
    assert "McNemar" in text
    assert "roc_auc: no significant difference between 1 and 2" in text


def test_an_unknown_version() -> None:
    """The error lists the registered versions."""
    with pytest.raises(BundleError, match="no version 7; the versions are 2, 1"):
        run("1", "7")


def test_an_altered_bundle_is_rejected(cloud: MemoryCloud) -> None:
    """A bundle with a wrong checksum is not compared."""
    key = f"{keys.bundle('telecom', '2')}/{MODEL_FILE}"
    cloud.store(Output.ARTIFACTS_BUCKET).put(key, b"altered")
    with pytest.raises(BundleError, match="checksum"):
        run("1", "2")


def test_a_version_with_other_columns(cloud: MemoryCloud) -> None:
    """A version that needs missing columns is an error that names them."""
    artifacts = cloud.store(Output.ARTIFACTS_BUCKET)
    key = f"{keys.bundle('telecom', '1')}/{MANIFEST_FILE}"
    manifest = BundleManifest.parse(artifacts.get(key).content)
    columns = (*manifest.encoding.columns, ColumnEncoding(name="fax_pages", codes=None))
    encoding = manifest.encoding.model_copy(update={"columns": columns})
    changed = manifest.model_copy(update={"encoding": encoding})
    artifacts.put(key, changed.model_dump_json().encode())
    with pytest.raises(BundleError, match=r"telecom 1 is not comparable: it needs.*fax_pages"):
        run("1", "2")


def test_without_data_the_error_says_what_to_do(cloud: MemoryCloud) -> None:
    """The error contains the command to load data."""
    cloud.buckets[Output.LAKE_BUCKET] = memory_store()
    with pytest.raises(DatasetError, match="fleet data load telecom"):
        run("1", "2")


def test_help_has_an_example() -> None:
    """The help has an example."""
    assert "Example: fleet compare bankchurn 1 2" in run("--help").stdout
