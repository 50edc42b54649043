"""Any two versions are compared by what their bundles and release records say."""

import pytest

from modelfleet.console.views.period import read_period
from modelfleet.console.views.versions import VersionsPage, versions_page
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.registry.pointer import Challenger
from modelfleet.spec.model import Metric
from modelfleet.statistics.results import (
    CalibrationChoice,
    CandidateScore,
    Estimate,
    Evaluation,
    LearningPoint,
    Selection,
)
from modelfleet.storage import keys
from tests.console_documents import NOW, SPEC, TODAY, Stored, tab_html
from tests.hostile import HOSTILE
from tests.serving import put_bundle

PERIOD = read_period(None, None, TODAY)


@pytest.fixture
def stored() -> Stored:
    """Three versions; the second serves."""
    made = Stored()
    for version in ("1", "2", "10"):
        put_bundle(made.artifacts, SPEC, version)
    made.pointer(champion="2")
    return made


def change(stored: Stored, version: str, **values: object) -> None:
    """Change the manifest of a version."""
    key = f"{keys.bundle(SPEC.name, version)}/{MANIFEST_FILE}"
    manifest = BundleManifest.parse(stored.artifacts.get(key).content)
    stored.artifacts.put(key, manifest.model_copy(update=values).to_json())


def shown(stored: Stored, left: str = "", right: str = "") -> VersionsPage:
    """What the page shows."""
    return versions_page(SPEC, stored.documents, lambda: NOW, left, right)


def html(found: VersionsPage) -> str:
    """The rendered page."""
    return tab_html("versions", "/versions", found, found.condition, found.pointer, PERIOD)


@pytest.mark.parametrize(
    ("left", "right", "chosen"),
    [
        ("", "", ("10", "2")),
        ("1", "10", ("1", "10")),
        ("2", "2", ("2", "2")),
        ("other", "..", ("10", "2")),
        ("", "10", ("2", "10")),
    ],
)
def test_any_two_versions(stored: Stored, left: str, right: str, chosen: tuple[str, str]) -> None:
    """Those of the address, or else what serves with another one."""
    found = shown(stored, left, right)
    assert found.chosen == chosen
    assert found.versions == ["10", "2", "1"]
    html(found)


def test_a_challenger_is_compared_with_its_champion(stored: Stored) -> None:
    """During a release, these two are the question."""
    stored.pointer(champion="2", challenger=Challenger(version="10", share=0.1))
    found = shown(stored)
    assert found.chosen == ("2", "10")
    assert found.left is not None
    assert found.right is not None
    assert (found.left.role, found.right.role) == ("champion", "challenger")


def test_metrics_have_intervals_and_a_difference(stored: Stored) -> None:
    """The gate's primary metric comes first."""
    for version, value in (("1", 0.8), ("2", 0.85)):
        estimate = Estimate(value=value, lower=value - 0.02, upper=value + 0.02)
        evaluation = Evaluation(rows=500, metrics={Metric.ROC_AUC: estimate})
        change(stored, version, evaluation=evaluation)
    row = shown(stored, "1", "2").metrics[0]
    assert row.name == "ROC AUC (higher is better)"
    assert row.left == "0.800 (0.780\N{EN DASH}0.820)"
    assert row.change == "+0.0500"


def test_what_the_gate_said_is_shown(stored: Stored) -> None:
    """A version's reasons are those of its retraining, not those of a later rollback."""
    stored.record("rolled back", 1, "2", reason="errors rose")
    stored.record("released", 9, "2", reason="significantly better")
    found = shown(stored, "1", "2")
    assert found.right is not None
    assert (found.right.outcome, found.right.verdict) == ("released", ("significantly better",))
    text = html(found)
    assert "significantly better" in text
    assert "No release record names this version" in text


def test_differences_of_parameters_and_columns(stored: Stored) -> None:
    """Parameters are those of the chosen candidate; only columns that differ are listed."""
    candidates = tuple(
        CandidateScore(name=name, scores=(0.8,), mean=0.8, spread=0.0, parameters={"depth": depth})
        for name, depth in (("boosting", 4), ("other", 9))
    )
    selection = Selection(
        metric="roc_auc", folds=5, rows=10, candidates=candidates, chosen="boosting", reason="best"
    )
    change(stored, "1", selection=selection)
    columns = SPEC.features.columns()
    change(stored, "1", features=(columns[0].model_copy(update={"maximum": 7.0}), *columns[2:]))
    found = shown(stored, "1", "2")
    assert [(row.name, row.left, row.right) for row in found.parameters] == [("depth", "4", "-")]
    assert {row.name for row in found.columns} == {columns[0].name, columns[1].name}
    assert "Columns that differ" in html(found)


def test_why_a_candidate_was_chosen(stored: Stored) -> None:
    """Candidates are in the order of their scores, with the reason and what more rows would do."""
    halves = [
        LearningPoint(rows=rows, scores=(mean, mean + 0.01), mean=mean, spread=0.01)
        for rows, mean in ((100, 0.7), (200, 0.8))
    ]
    candidates = tuple(
        CandidateScore(name=name, scores=(mean,), mean=mean, spread=0.004, rounds=rounds)
        for name, mean, rounds in (("linear", 0.79, None), ("light_gbm", 0.8, 1_200))
    )
    selection = Selection(
        metric="roc_auc",
        folds=5,
        rows=200,
        candidates=candidates,
        chosen="light_gbm",
        reason="the best mean",
        learning_curve=tuple(halves),
    )
    calibration = CalibrationChoice(
        kind="platt", brier={}, reason="", log_loss={"none": 0.35, "platt": 0.34}
    )
    change(stored, "2", selection=selection, calibration=calibration)
    found = shown(stored, "1", "2")
    assert found.left is not None
    assert found.right is not None
    assert found.left.choice is None
    assert found.right.choice is not None
    first, second = found.right.choice.candidates
    assert (first.name, first.rounds, first.chosen) == ("light gbm", "1,200", True)
    assert (second.name, second.rounds, second.chosen) == ("linear", "", False)
    assert found.right.choice.learning.startswith("More rows are likely to help")
    text = html(found)
    assert "platt; log loss 0.3500 before, 0.3400 after" in text
    assert "the best mean" in text


def test_no_version() -> None:
    """The page says what is missing, and how to get it."""
    assert "fleet retrain bankchurn --wait" in html(shown(Stored()))


def test_the_only_version_is_shown_alone() -> None:
    """It has a card and metrics, but no difference."""
    stored = Stored()
    put_bundle(stored.artifacts, SPEC, "1")
    text = html(shown(stored))
    assert "There is only version 1" in text
    assert "Metrics on held-out rows" in text
    assert "Right − left" not in text  # noqa: RUF001  # the minus sign of the page


def test_an_unreadable_bundle_is_named(stored: Stored) -> None:
    """The other versions can still be chosen."""
    stored.artifacts.put(f"{keys.bundle(SPEC.name, '1')}/{MANIFEST_FILE}", b"{")
    found = shown(stored, "1", "2")
    assert "manifest.json" in found.fault
    assert "<option selected>1</option><" in html(found)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.isprintable()])
def test_text_of_strangers_is_text(stored: Stored, text: str) -> None:
    """Estimators, reasons, and triggers open no tag."""
    pages = []
    for words in ("plain", text):
        change(stored, "1", estimator=words, trigger=words, code_version=words)
        stored.record("released", 9, "1", reason=words)
        pages.append(html(shown(stored, "1", "2")))
    assert pages[0].count("<") == pages[1].count("<")
