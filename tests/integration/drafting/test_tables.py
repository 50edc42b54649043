"""Tables of every kind go from file to an answer, and none needs an edit by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import r2_score, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from cli.datasets.samples import write_sample
from cli.training.local_training import train_here
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.target import outcomes
from modelfleet.tables.validate import Row
from tests import tables
from tests.integration.drafting.made import ROWS, MadeModel
from tests.training import first_candidate_only

# Drafting is traced while the tables become models; other tests cover training and serving.
pytestmark = pytest.mark.no_cover

FRESH_ROWS = 3_000
FIRST_VERSIONS = ("sparse", "narrow", "graded", "skewed")
LEFT_OUT = {
    "dated": {"listed": "date"},
    "leaking": {"grade": "leak", "quality score": "known afterwards"},
    "identified": {
        "row": "identifier",
        "customer_id": "identifier",
        "Full name": "personal data",
        "contact": "personal data",
        "reached": "personal data",
        "country": "constant",
    },
}


@pytest.fixture(scope="module", params=tables.TARGETS, ids=lambda make: make.__name__)
def made(
    request: pytest.FixtureRequest, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> MadeModel:
    """A model of each table."""
    return MadeModel.of(request.param, tmp_path_factory.mktemp("table"))


def test_it_trains_and_answers(made: MadeModel) -> None:
    """The file trains, the gate promotes, and the bundle answers each of the file's own rows."""
    assert len(made.rows) == ROWS
    assert made.trained.verdict.decision == "promote"
    service = made.served()
    features = [{n: row[n] for n in made.spec.feature_names} for row in made.rows[:20]]
    for row in features:
        assert service.gateway.post(service.url("/predict"), row).status == 200
    scored = service.gateway.post(service.url("/predict/batch"), {"instances": features})
    assert scored.body["failed"] == 0


def test_it_is_as_good_as_plain_boosting(made: MadeModel, tmp_path: Path) -> None:
    """Within 0.01 of ROC AUC, or 2 % of RMSE, of scikit-learn's defaults on the same rows."""
    fresh = made.fresh(FRESH_ROWS, tmp_path)
    train, test = made.training_rows, made.typed(fresh)
    y, target = outcomes(made.spec, test), outcomes(made.spec, train)
    classes = bool(made.spec.outcomes)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    with threadpool_limits(1):
        model = kind(categorical_features="from_dtype", random_state=0)
        model.fit(plain(made.spec, train, train), target)
    rows, served = plain(made.spec, test, train), made.answers(fresh)
    if classes:
        usual = model.predict_proba(rows)
        assert area(y, served) >= area(y, usual if made.spec.classes else usual[:, 1]) - 0.01
    else:
        usual = root_mean_squared_error(y, model.predict(rows))
        assert root_mean_squared_error(y, served) <= 1.02 * usual


def area(y: Any, scores: Any) -> float:
    """The ROC AUC; of more than two classes the mean of each against all others."""
    return float(roc_auc_score(y, np.asarray(scores), multi_class="ovr", average="macro"))


def plain(spec: ModelSpec, rows: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    """The features as scikit-learn takes them."""
    columns: dict[str, Any] = {}
    for position, column in enumerate(spec.features.columns()):
        values: Any = rows[column.name]
        if column.kind is ColumnKind.CATEGORY:
            known = sorted(train[column.name].dropna().unique())
            values = pd.Categorical(values, categories=known)
        columns[f"c{position}"] = values
    return pd.DataFrame(columns)


def test_what_is_left_out_is_what_should_be(made: MadeModel) -> None:
    """Identifiers, persons, constants, dates and leaks are no features; all else is."""
    assert made.left_out == LEFT_OUT.get(made.name, {})
    aside = {*made.spec.identifiers, *made.spec.known_afterwards, *made.spec.ignored}
    assert aside == set(made.left_out)


def test_generated_rows_are_valid_and_never_real(made: MadeModel) -> None:
    """They have the table's columns and its classes, and none equals a row that has fractions."""
    drawn = made.sample(ROWS)
    assert sorted(drawn[0]) == sorted(made.frame.columns)
    assert drawn == made.sample(ROWS)
    assert drawn != made.sample(ROWS, seed=8)
    real = {made.features(row) for row in made.rows if has_fractions(row)}
    for seed in range(5):
        generated = made.generated(ROWS, seed)
        assert len(generated) == ROWS
        assert not real & {made.features(row) for row in generated}


def has_fractions(row: Row) -> bool:
    """Whether a row has a number with decimals."""
    return any(isinstance(value, float) and not value.is_integer() for value in row.values())


def test_generated_rows_depend_on_the_target(made: MadeModel) -> None:
    """A plain model of generated rows beats chance."""
    guess = 0.5 if made.spec.outcomes else 0.0
    assert learnable(made, made.generated(ROWS, 1)) > guess + 0.05


def learnable(made: MadeModel, rows: Sequence[Row]) -> float:
    """ROC AUC or R² of scikit-learn's default boosting by cross-validation."""
    frame = made.typed(rows)
    X, y = plain(made.spec, frame, frame), outcomes(made.spec, frame)
    classes = bool(made.spec.outcomes)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    model = kind(categorical_features="from_dtype", random_state=0)
    with threadpool_limits(1):
        found = cross_val_predict(model, X, y, method="predict_proba" if classes else "predict")
    if not classes:
        return float(r2_score(y, found))
    return area(y, found if made.spec.classes else found[:, 1])


def test_a_training_on_generated_rows_passes_the_gate(made: MadeModel, tmp_path: Path) -> None:
    """The first version serves: of each task, and of a table that is mostly gaps."""
    if made.name in FIRST_VERSIONS:
        table = write_sample(made.name, tmp_path / "sample.csv", seed=2026)
        with first_candidate_only():
            done = train_here(made.spec, table, tmp_path / "bundle", generated=True)
        assert done.verdict.decision == "promote", done.verdict.reasons


def test_generated_targets_are_as_frequent(made: MadeModel) -> None:
    """The share of each class, or the median of the target, is near that of the file."""
    target = made.spec.target.column
    drawn = pd.Series([row[target] for row in made.generated(2_000, 7)])
    real = pd.Series([row[target] for row in made.rows])
    if made.spec.outcomes:
        for name, share in real.value_counts(normalize=True).items():
            assert (drawn == name).mean() == pytest.approx(share, abs=0.06)
    else:
        assert drawn.median() == pytest.approx(real.median(), rel=0.15)
