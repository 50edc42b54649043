"""More than two classes as data: by their names, in any spelling, and looked over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.datasets.compare import compare_datasets
from modelfleet.datasets.data_report import Status
from modelfleet.datasets.join_outcomes import join_feedback
from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import ROWS_FILE, Origin
from modelfleet.datasets.page import render_data_report
from modelfleet.datasets.rows_file import read_frame
from modelfleet.datasets.store import DatasetStore
from modelfleet.outcomes.labelled_predictions import LabelledRow
from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import ORIGIN, PREDICTION_ID
from modelfleet.statistics.reference_profile import CategoryProfile
from modelfleet.storage import keys
from modelfleet.training.recent_rows import stage_recent
from tests.fleet.graded.sample import sample
from tests.fleet.graded.spec import SPEC

NOW = datetime(2026, 1, 2, tzinfo=UTC)
Change = Callable[[pd.DataFrame], pd.DataFrame]


def table(folder: Path, change: Change = lambda rows: rows, rows: int = 400) -> Path:
    """A file of generated rows."""
    path = folder / "rows.csv"
    change(pd.DataFrame(sample(rows, 3))).to_csv(path, index=False)
    return path


def shouting(rows: pd.DataFrame) -> pd.DataFrame:
    """Every other grade in capitals."""
    rows.loc[::2, "grade"] = rows.loc[::2, "grade"].str.upper()
    return rows


def test_classes_are_stored_by_their_declared_names(tmp_path: Path) -> None:
    """Case makes no other class, and the same rows give the same version."""
    lake = memory_store()
    first = load(SPEC, table(tmp_path), lake, "ada", NOW)
    loud = load(SPEC, table(tmp_path, shouting), lake, "ada", NOW)
    assert loud.version == first.version
    stored = read_frame(lake.get(f"{keys.dataset('graded', first.version)}/{ROWS_FILE}").content)
    assert set(stored["grade"]) == set(SPEC.classes)
    assert first.target_summary == {"rows": stored["grade"].value_counts().to_dict()}
    (declared,) = (column for column in first.declaration if column.role == "target")
    assert declared.categories == SPEC.classes


def test_another_word_is_set_aside(tmp_path: Path) -> None:
    """The reason says which classes there are, and not the word."""
    lake = memory_store()
    path = table(tmp_path, lambda rows: rows.assign(grade=["odd", *rows["grade"][1:]]))
    assert load(SPEC, path, lake, "ada", NOW).quarantined == 1
    aside = b"".join(lake.get(key).content for key in lake.keys(keys.QUARANTINE)).decode()
    assert "grade: it must be low, middle, high or extreme value" in aside
    assert "odd" not in aside


def test_the_report_shows_the_classes(tmp_path: Path) -> None:
    """Shares by class, what each column tells of them alone, and no share of positives."""
    lake = memory_store()
    manifest = load(SPEC, table(tmp_path), lake, "ada", NOW)
    report = DatasetStore(SPEC, lake).report(manifest.version)
    assert report is not None
    assert report.positive_share is None
    target = report.columns[-1]
    assert isinstance(target.profile, CategoryProfile)
    assert set(target.profile.shares) == set(SPEC.classes)
    size = next(column for column in report.columns if column.name == "size")
    assert size.leakage is not None
    assert 0.6 < size.leakage < 0.9
    (classes,) = (found for found in report.findings if found.check is Check.CLASSES)
    assert "the most frequent class, " in classes.message
    assert "extreme value" in render_data_report(SPEC, report).decode()


def test_a_class_that_becomes_frequent_is_told(tmp_path: Path) -> None:
    """The class whose share has changed most is named with both shares."""
    lake = memory_store()
    first = load(SPEC, table(tmp_path, rows=800), lake, "ada", NOW)

    def fewer(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[(rows["grade"] != "high") | (rows.index % 4 == 0)]

    second = load(SPEC, table(tmp_path, fewer, rows=800), lake, "ada", NOW + timedelta(days=1))
    report = DatasetStore(SPEC, lake).report(second.version)
    assert report is not None
    (change,) = (found for found in report.findings if found.check is Check.CLASS_CHANGE)
    assert change.status is Status.WARN
    assert "of the rows are high" in change.message
    found = compare_datasets(DatasetStore(SPEC, lake), first.version, second.version)
    assert found.class_shares is None
    assert "grade" in {column.name for column in found.columns}


def test_rows_at_odds_are_counted(tmp_path: Path) -> None:
    """Equal features with several labels are a conflict here too."""

    def at_odds(rows: pd.DataFrame) -> pd.DataFrame:
        half = rows.head(400)
        other = half["grade"].map({"low": "high", "high": "low"}).fillna("low")
        return pd.concat([half, half.assign(grade=other)])

    lake = memory_store()
    manifest = load(SPEC, table(tmp_path, at_odds, rows=800), lake, "ada", NOW)
    assert any("have equal features with several labels" in line for line in manifest.warnings)


@pytest.mark.parametrize(("actual", "joined"), [("high", 1), ("HIGH", 1), ("unknown", 0)])
def test_reported_classes_join_by_their_names(actual: str, joined: int, tmp_path: Path) -> None:
    """An outcome that is no class of the model is set aside, as a file's would be."""
    lake = memory_store()
    load(SPEC, table(tmp_path), lake, "ada", NOW)
    features: dict[str, Any] = {n: SPEC.features.example()[n] for n in SPEC.feature_names}
    row = LabelledRow(features, actual, "p1", NOW)
    manifest = join_feedback(SPEC, [row], lake, "ada", NOW + timedelta(days=1))
    assert manifest.origins.get(Origin.FEEDBACK, 0) == joined


@pytest.mark.parametrize(("rare", "staged"), [(10, 130), (9, 0)])
def test_recent_callers_decide_where_each_class_has_some(rare: int, staged: int) -> None:
    """A comparison on callers of few classes would say nothing of the others."""
    counts = {"low": 40, "middle": 40, "high": 40, "extreme value": rare}
    drawn = [name for name, count in counts.items() for _ in range(count)]
    features = SPEC.features.example()
    rows = [
        {**features, "grade": grade, ORIGIN: Origin.FEEDBACK.value, PREDICTION_ID: f"p{number}"}
        for number, grade in enumerate(drawn)
    ]
    recent = [f"p{number}" for number in range(len(rows))]
    assert stage_recent(SPEC, rows, recent, "staging/graded/x", memory_store()) == staged
