"""Targets as tables have them: small, open, rare, full of zeros, or not predictable."""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cli.training.local_training import LocalTraining, train_here
from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision
from modelfleet.spec.model import ModelSpec
from tests.integration.drafting.made import run


@dataclass(frozen=True)
class Drafted:
    """What `fleet new` says of a table, what it writes, and a training on the same table."""

    plan: dict[str, Any]
    spec: ModelSpec
    trained: LocalTraining


def features(rows: int, seed: int = 1) -> pd.DataFrame:
    """An age, a fee, and a plan."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "Age": rng.integers(18, 80, rows),
            "Fee": rng.uniform(5, 90, rows).round(2),
            "Plan": rng.choice(["basic", "plus", "family"], rows),
        }
    )


def signal(frame: pd.DataFrame) -> np.ndarray:
    """What a target follows, with noise."""
    noise = np.random.default_rng(3).normal(0, 0.3, len(frame))
    return np.asarray(0.05 * (frame["Age"] - 45) + 0.03 * (frame["Fee"] - 40) + noise)


def small() -> pd.DataFrame:
    """Fifty rows, twenty of the rarer class."""
    frame = features(50)
    order = signal(frame).argsort().argsort()
    return frame.assign(y=np.where(order >= 30, "yes", "no"))


def small_number() -> pd.DataFrame:
    """Fifty rows of claims, half of them zero."""
    frame = features(50)
    return frame.assign(y=np.maximum(0, signal(frame) * 100).round(2))


def open_cases() -> pd.DataFrame:
    """Two thirds of the rows have no outcome yet."""
    frame = features(360)
    known = np.random.default_rng(5).random(360) < 1 / 3
    return frame.assign(y=np.where(known, np.where(signal(frame) > 0, "yes", "no"), ""))


def rare() -> pd.DataFrame:
    """Two large classes, and two that are rare."""
    frame = features(240)
    y = np.where(signal(frame) > 0, "stays", "leaves").astype(object)
    y[:12], y[12:25] = "moved", "died"
    return frame.assign(y=y)


def coin() -> pd.DataFrame:
    """Nothing tells the outcome."""
    return features(400).assign(y=np.random.default_rng(17).choice(["yes", "no"], 400))


def die() -> pd.DataFrame:
    """Nor the class."""
    return features(400).assign(y=np.random.default_rng(8).choice(["a", "b", "c"], 400))


def dice() -> pd.DataFrame:
    """Nor the number."""
    return features(400).assign(y=np.random.default_rng(9).normal(50, 9, 400).round(2))


@pytest.fixture
def drafted(home: Path, tmp_path: Path) -> Callable[..., Drafted]:
    """Plans a table, writes the model, and trains it."""
    assert home.is_dir()

    def draft(make: Callable[[], pd.DataFrame], *options: str) -> Drafted:
        name = make.__name__.replace("_", "") + "".join(options).replace("-", "")
        table = tmp_path / f"{name}.csv"
        make().to_csv(table, index=False)
        done = run("new", name, "--csv", str(table), "--target", "y", "--yes", "--json", *options)
        importlib.invalidate_caches()
        spec = find(name)
        trained = train_here(spec, table, tmp_path / "bundle", generated=False)
        return Drafted(json.loads(done.stdout)["plan"], spec, trained)

    return draft


@pytest.mark.parametrize("make", [small, small_number])
def test_fifty_rows_are_enough_to_try(
    drafted: Callable[..., Drafted], make: Callable[[], pd.DataFrame]
) -> None:
    """Each side has rows of each class, and the intervals are as wide as they must be."""
    made = drafted(make)
    manifest = made.trained.manifest
    assert min(made.trained.prepared.rows.values()) >= 8
    assert sum(made.trained.prepared.rows.values()) == 50
    assert manifest.evaluation is not None
    for estimate in manifest.evaluation.metrics.values():
        assert estimate.lower is not None
        assert np.isfinite([estimate.value, estimate.lower, estimate.upper or 0.0]).all()
    assert made.trained.verdict.decision in (Decision.PROMOTE, Decision.BLOCK)
    assert "mape" not in manifest.evaluation.metrics


def test_rows_without_an_outcome_are_open_cases(drafted: Callable[..., Drafted]) -> None:
    """Plan, data set, and training count the same ones, and none is rejected."""
    made = drafted(open_cases)
    prepared = made.trained.prepared
    assert made.plan["rows_without"] == prepared.open_cases > 150
    assert made.plan["rows"] == sum(prepared.rows.values())
    assert prepared.quarantined == 0
    assert prepared.warnings == ()


@pytest.mark.parametrize(
    ("option", "labels"), [("merge", ("leaves", "other", "stays")), ("drop", ("stays", "leaves"))]
)
def test_rare_classes_are_merged_or_left_out(
    drafted: Callable[..., Drafted], option: str, labels: tuple[str, ...]
) -> None:
    """By the written spec, so that every file is read alike."""
    made = drafted(rare, "--rare", option)
    prepared, target = made.trained.prepared, made.spec.target
    assert set(target.labels or ()) == set(labels)
    assert prepared.quarantined == 0
    assert prepared.excluded == made.plan["rows_excluded"] == (25 if option == "drop" else 0)
    assert sum(prepared.rows.values()) == 240 - prepared.excluded
    assert any("died, moved" in str(warning) for warning in made.plan["warnings"])


@pytest.mark.parametrize("make", [coin, die, dice])
def test_what_cannot_be_predicted_is_blocked(
    drafted: Callable[..., Drafted], make: Callable[[], pd.DataFrame]
) -> None:
    """A first version must be significantly better than guessing, whatever the task."""
    verdict = drafted(make).trained.verdict
    assert verdict.decision is Decision.BLOCK
    assert any(
        "no better than guessing" in reason or "minimum" in reason or "maximum" in reason
        for reason in verdict.reasons
    )
