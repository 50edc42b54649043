"""`fleet train`: a whole training in the terminal, with nothing running."""

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
from modelfleet.domain.bundle import read_manifest, verify
from modelfleet.domain.errors import DatasetError
from models.catalogue import find

ROWS = 600


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without a cloud."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def run(*arguments: str) -> Result:
    """Type a command; what it cannot do is raised."""
    return CliRunner().invoke(app, ["train", *arguments], catch_exceptions=False)


def test_a_table_becomes_a_bundle_that_answers(tmp_path: Path) -> None:
    """A file is checked, split, trained on and judged; what is written is a whole bundle."""
    table = write_sample("bankchurn", tmp_path / "churn.csv", seed=1, rows=ROWS)
    out = tmp_path / "bundle"
    done = run("bankchurn", "--csv", str(table), "--out", str(out), "--json")
    told = json.loads(done.stdout)
    assert told["verdict"] == {"decision": "promote", "reasons": ["no champion yet"]}
    assert sum(told["rows"].values()) == ROWS
    assert told["metrics"]["roc_auc"]["value"] > 0.5
    assert Path(told["card"]) == out / "card.html"
    manifest = read_manifest((out / "manifest.json").read_bytes())
    verify(manifest, {name: (out / name).read_bytes() for name in manifest.files})
    assert "no champion yet" in (out / "card.html").read_text()
    scorer = OnnxScorer((out / "model.onnx").read_bytes())
    example = find("bankchurn").features.example()
    (score,) = np.asarray(scorer.score(manifest.encoding.encode([example])))
    assert 0.0 <= score <= 1.0
    assert [line for line in done.stderr.splitlines() if "✓ train" in line]


def test_generated_rows_for_who_has_no_file(home: Path) -> None:
    """People get rows, metrics, what it decides with, the verdict, and where the card is."""
    text = run("carvision", "--sample", str(ROWS)).stdout
    assert "the rows were generated" in (home / "trained/carvision/card.html").read_text()
    for told in ("rows ", "mae", "interval 80% of actual values", "promote: no champion yet"):
        assert told in text
    assert f"card     {home}/trained/carvision/card.html" in text


def test_a_table_that_cannot_be_used_leaves_nothing(tmp_path: Path) -> None:
    """A bad table is refused as `fleet data load` refuses it, and no folder is written."""
    table = tmp_path / "bad.csv"
    table.write_text("CreditScore,Age\n600,40\n")
    with pytest.raises(DatasetError, match=r"bad\.csv.*Geography"):
        run("bankchurn", "--csv", str(table), "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--csv FILE, or generate one with --sample ROWS"),
        (("--csv", "a.csv", "--sample", "9"), "--csv FILE, or generate one with --sample ROWS"),
        (("--csv", "nowhere.csv"), r"nowhere\.csv: there is no such file"),
    ],
)
def test_what_to_train_on_must_be_said_once(arguments: tuple[str, ...], said: str) -> None:
    """Neither a table nor a sample, both, or a file that is not there: one line says so."""
    with pytest.raises(FleetError, match=said):
        run("bankchurn", *arguments)


def test_help_has_an_example() -> None:
    """The help shows how it is typed."""
    assert "Example: fleet train" in run("--help").stdout
