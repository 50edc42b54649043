"""`fleet train`: a complete training without a cloud."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.datasets.samples import write_sample
from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.registry.manifest import BundleManifest, verify
from modelfleet.spec.errors import DatasetError

ROWS = 600


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without a cloud."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, ["train", *arguments], catch_exceptions=False)


def test_a_table_becomes_a_working_bundle(tmp_path: Path) -> None:
    """A file is checked, split, trained on, and gated; the bundle is complete."""
    table = write_sample("bankchurn", tmp_path / "churn.csv", seed=1, rows=ROWS)
    out = tmp_path / "bundle"
    done = run("bankchurn", "--csv", str(table), "--out", str(out), "--json")
    told = json.loads(done.stdout)
    assert told["verdict"] == {"decision": "promote", "reasons": ["no champion yet"]}
    assert sum(told["rows"].values()) == ROWS
    assert told["metrics"]["roc_auc"]["value"] > 0.5
    assert Path(told["card"]) == out / "card.html"
    manifest = BundleManifest.parse((out / "manifest.json").read_bytes())
    verify(manifest, {name: (out / name).read_bytes() for name in manifest.files})
    assert "no champion yet" in (out / "card.html").read_text()
    scorer = OnnxScorer((out / "model.onnx").read_bytes())
    example = find("bankchurn").features.example()
    (score,) = np.asarray(scorer.score(manifest.encoding.encode([example])))
    assert 0.0 <= score <= 1.0
    assert [line for line in done.stderr.splitlines() if "✓ train" in line]


def test_generated_rows(home: Path) -> None:
    """The output has rows, metrics, the interval, the verdict, and the card."""
    text = run("carvision", "--sample", str(ROWS)).stdout
    assert "the rows were generated" in (home / "trained/carvision/card.html").read_text()
    for told in ("rows ", "mae", "interval 80% of outcomes", "promote: no champion yet"):
        assert told in text
    assert f"card     {home}/trained/carvision/card.html" in text


def test_an_unusable_table_writes_nothing(tmp_path: Path) -> None:
    """The error is that of `fleet data load`, and no folder is written."""
    table = tmp_path / "bad.csv"
    table.write_text("CreditScore,Age\n600,40\n")
    with pytest.raises(DatasetError, match=r"bad\.csv.*Geography"):
        run("bankchurn", "--csv", str(table), "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either --csv FILE or --sample ROWS"),
        (("--csv", "a.csv", "--sample", "9"), "either --csv FILE or --sample ROWS"),
        (("--csv", "nowhere.csv"), r"no such file: nowhere\.csv"),
    ],
)
def test_exactly_one_source_is_required(arguments: tuple[str, ...], said: str) -> None:
    """No source, two sources, or a missing file: one line says so."""
    with pytest.raises(FleetError, match=said):
        run("bankchurn", *arguments)


def test_help_has_an_example() -> None:
    """The help has an example."""
    assert "Example: fleet train" in run("--help").stdout
