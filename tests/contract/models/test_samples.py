"""What holds of every generator of data."""

from statistics import fmean, median
from typing import Any

import pytest

from modelfleet.catalogue import find, names
from modelfleet.datasets.split import require_enough, split, split_salt
from modelfleet.sampling.samplers import sampler
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.task import Task
from modelfleet.tables.validate import validate
from tests.fleet.beside import GRADED

ROWS = 6_000
CLASSES = 8
Rows = list[dict[str, Any]]

COLUMNS = {
    "bankchurn": "RowNumber CustomerId Surname CreditScore Geography Gender Age Tenure Balance "
    "NumOfProducts HasCrCard IsActiveMember EstimatedSalary Exited",
    "carvision": "price model_year model condition cylinders fuel odometer transmission type "
    "paint_color is_4wd date_posted days_listed",
    "leads": "age job marital education default balance housing loan contact day month duration "
    "campaign pdays previous poutcome subscribe",
    "telecom": "calls minutes messages mb_used is_ultra",
}
FILE_ROWS = {"bankchurn": 10_000, "carvision": 51_525, "leads": 45_211, "telecom": 3_214}
POSITIVE = {"bankchurn": 0.204, "leads": 0.117, "telecom": 0.3065}
GAPS = {
    "bankchurn": {"Tenure": 0.09},
    "carvision": {
        "model_year": 0.07,
        "cylinders": 0.10,
        "odometer": 0.15,
        "paint_color": 0.18,
        "is_4wd": 0.50,
    },
    "leads": {},
    "telecom": {},
}


def draw(name: str, rows: int = ROWS, seed: int = 1, **options: Any) -> Rows:
    """Draw from a model's generator."""
    return sampler(find(name)).draw(rows, seed, **options)


@pytest.fixture(scope="module", params=[*names(), GRADED])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    """Each model."""
    return find(request.param)


def enough(spec: ModelSpec) -> int:
    """As many rows as it takes to have some of each class on each side."""
    return ROWS * (1 + len(spec.classes) // CLASSES)


@pytest.fixture(scope="module")
def rows(spec: ModelSpec) -> Rows:
    """A draw of each model."""
    return draw(spec.name, enough(spec))


def test_rows_pass_the_models_own_schema(spec: ModelSpec, rows: Rows) -> None:
    """Nothing is set aside but prices that are junk by declaration."""
    drawn = ({name: row[name] for name in spec.data_columns} for row in rows)
    found = validate(spec, enumerate(drawn))
    reasons = [reason for rejected in found.rejected for reason in rejected.reasons]
    junk = f"{spec.target.column}: it must be "
    assert all(spec.task is Task.REGRESSION and reason.startswith(junk) for reason in reasons)
    assert len(found.rejected) < 0.05 * len(rows)
    salt = split_salt(spec, found.accepted)
    require_enough(spec, split(spec, found.accepted, salt=salt))


def test_the_same_seed_gives_the_same_rows(spec: ModelSpec, rows: Rows) -> None:
    """A draw can be repeated, and another seed gives another one."""
    assert draw(spec.name, enough(spec)) == rows
    assert draw(spec.name, enough(spec), seed=2) != rows


def test_cars_with_junk_prices_are_set_aside() -> None:
    """Advertisements below 1,000 USD are drawn, as in the real file, and rejected for that."""
    junk = [row for row in draw("carvision") if row["price"] < 1_000]
    kept = ({name: row[name] for name in find("carvision").data_columns} for row in junk)
    found = validate(find("carvision"), enumerate(kept))
    assert junk
    assert not found.accepted
    assert {rejected.reasons for rejected in found.rejected} == {
        ("price: it must be 1000 USD or more",)
    }


def test_so_many_rows_are_drawn(spec: ModelSpec) -> None:
    """The count is the one asked for, down to a single row."""
    assert len(draw(spec.name, rows=1)) == 1
    assert len(draw(spec.name, rows=17)) == 17


def test_a_shift_moves_its_column_alone(spec: ModelSpec) -> None:
    """Every number and date can be shifted, which leaves the other features as they were."""
    rows = draw(spec.name)
    movable = [c for c in spec.features.columns() if c.kind is not ColumnKind.CATEGORY]
    for column in movable:
        drawn = [row[column.name] for row in rows if row[column.name] is not None]
        if column.kind is ColumnKind.DATE:
            shift = 30.0
        else:
            shift = 1.0 if max(drawn) <= 1 else 2.0 * max(fmean(map(float, drawn)), 1.0)
        moved = draw(spec.name, shift={column.name: shift})
        changed = {
            c.name
            for c in spec.features.columns()
            if any(a[c.name] != b[c.name] for a, b in zip(rows, moved, strict=True))
        }
        assert changed == {column.name}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_those_of_the_real_file(name: str) -> None:
    """Identifiers, leaks and the target are there, as in the file that users have."""
    assert sorted(draw(name, rows=1)[0]) == sorted(COLUMNS[name].split())
    assert FILE_ROWS[name] == sampler(find(name)).rows


@pytest.mark.parametrize("name", GAPS)
def test_gaps_are_those_of_the_real_file(name: str) -> None:
    """Columns with gaps have about as many as the real file, the others none."""
    rows = draw(name)
    for column in rows[0]:
        share = fmean(row[column] is None for row in rows)
        assert share == pytest.approx(GAPS[name].get(column, 0.0), abs=0.04), column
        assert (share == 0) == (column not in GAPS[name]), column


@pytest.mark.parametrize("name", POSITIVE)
def test_positives_are_as_frequent_as_in_the_real_file(name: str) -> None:
    """The share of positives is that of the real file, within chance."""
    spec = find(name)
    assert spec.task is Task.BINARY
    share = fmean(row[spec.target.column] in (1, "yes") for row in draw(name, rows=20_000))
    assert share == pytest.approx(POSITIVE[name], abs=0.015)


def test_prices_are_those_of_the_real_file() -> None:
    """The median price is about 9,000 USD, and some three in a hundred prices are junk."""
    prices = [row["price"] for row in draw("carvision", rows=20_000)]
    assert median(prices) == pytest.approx(9_000, rel=0.05)
    assert fmean(price < 1_000 for price in prices) == pytest.approx(0.03, abs=0.01)
    assert 1 <= min(prices) <= max(prices) <= 375_000


def test_a_shift_changes_who_leaves() -> None:
    """The target is drawn after the shift, so that drift has consequences."""
    before = fmean(row["Exited"] for row in draw("bankchurn"))
    after = fmean(row["Exited"] for row in draw("bankchurn", shift={"Age": 8}))
    assert after > before + 0.1


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("bankchurn", {"Age": -12}),
        ("carvision", {"model_year": -5}),
        ("leads", {"month": {"mar": 0.9}}),
        ("telecom", {"mb_used": 9_000}),
    ],
)
def test_a_concept_changes_the_target_and_no_feature(name: str, concept: dict[str, Any]) -> None:
    """The relation moves with a feature that it hangs on, and what is told of rows does not."""
    target, features = find(name).target.column, find(name).feature_names
    usual, moved = draw(name), draw(name, concept=concept)
    told = [[{n: row[n] for n in features} for row in drawn] for drawn in (usual, moved)]
    assert told[0] == told[1]
    words = {"yes": 1.0, "no": 0.0}
    before, after = (
        fmean(float(words[row[target]] if row[target] in words else row[target]) for row in drawn)
        for drawn in (usual, moved)
    )
    assert abs(after - before) > 0.1 * before


def share_of_positives(drawn: Rows, target: str, **conditions: object) -> float:
    """The share of positives among rows with these values."""
    chosen = [
        row[target] in (1, "yes")
        for row in drawn
        if all(row[name] == value for name, value in conditions.items())
    ]
    return fmean(chosen)


@pytest.mark.parametrize(
    ("name", "conditions", "share"),
    [
        ("bankchurn", {"Geography": "Germany"}, 0.32),
        ("bankchurn", {"Geography": "France"}, 0.16),
        ("bankchurn", {"IsActiveMember": 0}, 0.27),
        ("bankchurn", {"IsActiveMember": 1}, 0.14),
        ("bankchurn", {"Gender": "Female"}, 0.25),
        ("bankchurn", {"NumOfProducts": 2}, 0.08),
        ("bankchurn", {"NumOfProducts": 3}, 0.83),
        ("leads", {"poutcome": "success"}, 0.65),
        ("leads", {"month": "mar"}, 0.52),
        ("leads", {"month": "may"}, 0.07),
        ("leads", {"job": "student"}, 0.29),
        ("leads", {"job": "blue-collar"}, 0.07),
        ("leads", {"housing": "no"}, 0.17),
        ("leads", {"contact": "unknown"}, 0.04),
    ],
)
def test_relations_are_those_of_the_real_file(
    name: str, conditions: dict[str, object], share: float
) -> None:
    """The groups that stand out in the real file stand out here."""
    drawn = draw(name, rows=20_000)
    found = share_of_positives(drawn, find(name).target.column, **conditions)
    assert found == pytest.approx(share, abs=0.09)
