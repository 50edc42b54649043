"""Looking a table over: what is found, and what is refused."""

import random
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from modelfleet.datasets.check import Before, check_data, require_sound
from modelfleet.datasets.data_report import DataReport, Finding, Status
from modelfleet.datasets.manifest import DatasetManifest
from modelfleet.spec.data_limits import Check, DataLimits, Limit
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import category, open_category
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.validate import Row, validate
from tests.unit.conftest import ToyFeatures

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def table(count: int = 400, seed: int = 1, **changes: Any) -> list[Row]:
    """Rows whose features say nothing of the target; a change is a value, or a rule of the row."""
    coin = random.Random(seed)  # noqa: S311  # not a secret
    rows = [
        {
            "age": coin.randrange(18, 80),
            "income": round(coin.uniform(0, 1e5), 2),
            "colour": coin.choice(["red", "blue"]),
            "town": coin.choice(["Pisa", "Rome", "Bari"]),
            "bought": float(coin.random() < 0.3),
        }
        for _ in range(count)
    ]
    for n, row in enumerate(rows):
        row.update({name: v(row, n) if callable(v) else v for name, v in changes.items()})
    return rows


def report(spec: ModelSpec, rows: list[Row], before: Before | None = None) -> DataReport:
    """What is found about rows."""
    found = validate(spec, enumerate(rows, start=2))
    return check_data(spec, found, version="v2", source="toy.csv", now=NOW, before=before)


def before(spec: ModelSpec, rows: list[Row], **changes: Any) -> Before:
    """A version before, made of these rows."""
    manifest = DatasetManifest(
        model="toy", version="v1", sha256="", rows=len(rows), quarantined=0, columns=(),
        source="toy.csv", created_at=NOW, created_by="ada", target_summary={}, **changes,
    )  # fmt: skip
    return Before(manifest, report(spec, rows))


def limited(spec: ModelSpec, **limits: Any) -> ModelSpec:
    """The model with other limits."""
    return spec.model_copy(update={"data_limits": DataLimits(**limits)})


def bad(found: DataReport) -> list[tuple[Status, Check, str | None]]:
    """What stands out."""
    return [(f.status, f.check, f.column) for f in found.findings if f.status is not Status.PASS]


def finding(found: DataReport, check: Check, column: str | None = None) -> Finding:
    """The finding of one check."""
    return next(f for f in found.findings if (f.check, f.column) == (check, column))


def test_ordinary_rows_pass(binary: ModelSpec) -> None:
    """Nothing stands out, and each column has its figures."""
    found = report(binary, table())
    assert bad(found) == []
    assert found.status is Status.PASS
    assert [column.name for column in found.columns] == [
        "age", "income", "colour", "town", "bought",
    ]  # fmt: skip
    require_sound(found, "toy.csv")


@pytest.mark.parametrize(
    ("changes", "status", "check", "column"),
    [
        ({"age": lambda r, n: 17 if n % 10 == 0 else r["age"]},
         Status.WARN, Check.RANGES, "age"),
        ({"age": lambda r, n: "old" if n % 10 == 0 else r["age"]},
         Status.WARN, Check.TYPES, "age"),
        ({"age": lambda r, n: None if n % 10 == 0 else r["age"]},
         Status.WARN, Check.REQUIRED, "age"),
        ({"colour": lambda r, n: "green" if n % 10 == 0 else r["colour"]},
         Status.WARN, Check.CATEGORIES, "colour"),
        ({"bought": lambda r, n: "maybe" if n % 10 == 0 else r["bought"]},
         Status.WARN, Check.CATEGORIES, "bought"),
        ({"age": lambda r, n: 17 if n % 5 else r["age"]}, Status.FAIL, Check.RANGES, "age"),
        ({"income": lambda r, n: None if n % 4 else r["income"]},
         Status.WARN, Check.MISSING, "income"),
        ({"income": None}, Status.FAIL, Check.MISSING, "income"),
        ({"colour": "red"}, Status.WARN, Check.CONSTANT, "colour"),
        ({"bought": 0.0}, Status.FAIL, Check.CLASSES, "bought"),
        ({"town": lambda r, _: "Pisa" if r["bought"] else "Rome"},
         Status.FAIL, Check.LEAKAGE, "town"),
        ({"income": lambda r, n: 5.0 + n if r["bought"] else None},
         Status.FAIL, Check.LEAKAGE, "income"),
    ],
)  # fmt: skip
def test_each_fault_is_found(
    binary: ModelSpec, changes: dict[str, Any], status: Status, check: Check, column: str
) -> None:
    """The finding names the check and the column, and says how bad it is."""
    assert (status, check, column) in bad(report(binary, table(**changes)))


def test_a_flag_is_no_constant(binary: ModelSpec) -> None:
    """A box that is ticked or left alone has one value, and says something."""
    rows = table(income=lambda _, n: 1.0 if n % 2 else None)
    assert finding(report(binary, rows), Check.CONSTANT, "income").status is Status.PASS


def test_copies_are_counted(binary: ModelSpec) -> None:
    """The share is that of the rows that stand there already."""
    rows = table(200)
    found = finding(report(binary, rows + rows), Check.DUPLICATES)
    assert (found.status, found.value) == (Status.WARN, 0.5)
    assert "200 of 400 rows (50.0%) repeat another one" in found.message


def test_labels_at_odds_are_counted(binary: ModelSpec) -> None:
    """Rows count whose features stand with either label."""
    rows = table(200)
    other = [row | {"bought": 1 - row["bought"]} for row in rows[:50]]
    found = finding(report(binary, rows + other), Check.CONFLICTS, "bought")
    assert (found.status, found.value) == (Status.WARN, 0.4)


def test_a_numeric_target_has_no_conflicts(regression: ModelSpec) -> None:
    """Equal cars at two prices are ordinary."""
    rows = [row | {"price": 2_000.0 + n} for n, row in enumerate(table())]
    for row in rows:
        row.pop("bought")
    found = report(regression, rows)
    assert Check.CONFLICTS not in {f.check for f in found.findings}
    assert found.positive_share is None


def test_a_numeric_target_under_another_name_is_refused(regression: ModelSpec) -> None:
    """A price in another currency is the price."""
    coin = random.Random(5)  # noqa: S311  # not a secret
    rows = table()
    for row in rows:
        row["price"] = coin.uniform(2_000, 40_000)
        row["income"] = row["price"] * 0.92
        row.pop("bought")
    found = report(regression, rows)
    with pytest.raises(
        DatasetError,
        match=r"^toy\.csv: column income: predicts price on its own \(R² 1\.000\); "
        r"the limit is 0\.99$",
    ):
        require_sound(found, "toy.csv")


def test_the_error_counts_what_else_is_wrong(binary: ModelSpec) -> None:
    """One line names the first finding that fails, and how many there are beside it."""
    rows = table(income=None, colour=lambda r, _: "red" if r["bought"] else "blue")
    with pytest.raises(DatasetError, match=r"^toy\.csv: column .* \(and 1 more\)$") as caught:
        require_sound(report(binary, rows), "toy.csv")
    assert "\n" not in str(caught.value)


def test_limits_are_the_models_own(binary: ModelSpec) -> None:
    """What is refused of one model is a warning, or nothing, of another."""
    rows = table(income=lambda r, n: None if n % 4 else r["income"])
    strict = limited(binary, missing_share=Limit(warn=0.1, fail=0.5))
    lenient = limited(binary, missing_share=Limit())
    for spec, status in ((strict, Status.FAIL), (lenient, Status.PASS)):
        assert finding(report(spec, rows), Check.MISSING, "income").status is status


def test_a_column_may_be_cleared(binary: ModelSpec) -> None:
    """A column that looks like a leak and is none is warned of and no longer refused."""
    rows = table(town=lambda r, _: "Pisa" if r["bought"] else "Rome")
    found = bad(report(limited(binary, cleared=("town",)), rows))
    assert found == [(Status.WARN, Check.LEAKAGE, "town")]


def test_few_rows_are_not_judged_by_shares(binary: ModelSpec) -> None:
    """Below the minimum the report says so, and the schema alone decides."""
    found = bad(report(binary, table(5, income=None, bought=1.0)))
    assert found == [(Status.WARN, Check.ROWS, None)]


def test_the_same_population_has_not_changed(binary: ModelSpec) -> None:
    """Other rows of the same kind are no news."""
    found = report(binary, table(seed=2), before(binary, table()))
    assert bad(found) == []
    assert (found.previous, found.rows_before) == ("v1", 400)


@pytest.mark.parametrize(
    ("rows", "check", "column"),
    [
        (table(seed=2, age=lambda r, _: min(99, r["age"] + 20)), Check.DRIFT, "age"),
        (table(seed=2, town=lambda r, n: "Oslo" if n % 2 else r["town"]), Check.DRIFT, "town"),
        (table(seed=2, income=lambda r, n: None if n % 3 == 0 else r["income"]),
         Check.MISSING_CHANGE, "income"),
        (table(seed=2, bought=lambda _, n: float(n % 2)), Check.CLASS_CHANGE, "bought"),
        (table(150, seed=2), Check.ROWS, None),
    ],
)  # fmt: skip
def test_a_change_is_a_warning(
    binary: ModelSpec, rows: list[Row], check: Check, column: str | None
) -> None:
    """What differs from the version before is told and lets the load pass."""
    found = report(binary, rows, before(binary, table()))
    assert (Status.WARN, check, column) in bad(found)
    assert found.status is Status.WARN
    require_sound(found, "toy.csv")


def test_a_change_can_be_refused(binary: ModelSpec) -> None:
    """A model may ask that its data stay as they were."""
    strict = limited(binary, drift=Limit(warn=0.1, fail=0.2))
    moved = table(seed=2, age=lambda r, _: min(99, r["age"] + 20))
    found = report(strict, moved, before(strict, table()))
    with pytest.raises(DatasetError, match=r"column age: its values have moved by a PSI of"):
        require_sound(found, "toy.csv")


def test_what_was_known_afterwards_stays_refused(binary: ModelSpec) -> None:
    """Taking a column off the list and making it a feature does not clear it."""
    earlier = before(binary, table(), known_afterwards=("age",))
    with pytest.raises(DatasetError, match=r"column age: it was declared as known only after"):
        require_sound(report(binary, table(), earlier), "toy.csv")
    cleared = limited(binary, cleared=("age",))
    require_sound(report(cleared, table(), earlier), "toy.csv")


def test_personal_categories_are_not_told(binary: ModelSpec) -> None:
    """A report holds no value of such a column, and still compares it with the version before."""

    class Personal(binary.features):  # type: ignore[misc,name-defined]  # the base is a value here
        town: str | None = open_category("Town", example="Pisa", nullable=True, personal_data=True)

    spec = binary.model_copy(update={"features": Personal})
    found = report(spec, table(seed=2), before(spec, table()))
    assert bad(found) == []
    assert not any(town in found.model_dump_json() for town in ("Pisa", "Rome", "Bari"))


def test_a_report_survives_its_file(binary: ModelSpec) -> None:
    """What is written can be read."""
    found = report(binary, table(seed=2), before(binary, table()))
    assert DataReport.model_validate_json(found.model_dump_json()) == found


def test_a_category_that_is_not_declared_is_proposed(binary: ModelSpec) -> None:
    """Unless it is rare, and could be that of a person."""
    rows = table(colour=lambda row, n: "Green " if n < 30 else "Ada" if n < 33 else row["colour"])
    found = report(binary, rows)
    message = finding(found, Check.CATEGORIES, "colour").message
    assert message == (
        "33 of 400 rows (8.2%) hold a category that is not declared; the limit is 5%; most often "
        "'Green' (30); accept it with: fleet columns accept toy colour Green"
    )
    assert [(each.column, each.value, each.rows) for each in found.refused] == [
        ("colour", "Green", 30)
    ]


def test_refused_personal_data_are_not_in_the_report(binary: ModelSpec) -> None:
    """Neither by value nor in a message."""

    class Personal(ToyFeatures):
        colour: Literal["red", "blue"] = category("Colour", example="red", personal_data=True)

    spec = binary.model_copy(update={"features": Personal})
    found = report(spec, table(colour=lambda row, n: "green" if n < 30 else row["colour"]))
    assert found.refused == ()
    assert "green" not in finding(found, Check.CATEGORIES, "colour").message
