"""What a plan warns of."""

import numpy as np
import pytest

from modelfleet.drafting.plan import PlanWarning, Role, TablePlan, WarningCode, costliest_first
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.errors import DatasetError
from modelfleet.tables.reader import Cells
from modelfleet.tables.table_format import ReadOptions

ROWS = 300
RNG = np.random.default_rng(7)
TARGET = tuple(np.where(RNG.random(ROWS) < 0.4, "yes", "no").tolist())
SIZE = tuple(f"{size:.2f}" for size in RNG.normal(50, 9, ROWS))


def planned(**columns: tuple[str, ...]) -> TablePlan:
    """The plan of a table with these columns, a numeric one, and a binary target."""
    texts = {"size": SIZE, **columns, "y": TARGET}
    lines = tuple(range(2, ROWS + 2))
    cells = Cells("t.csv", tuple(texts), lines, tuple(texts.values()), (), "")
    return plan_table(cells, PlanRequest(model="warned", target="y"))


def test_a_warning_is_an_object() -> None:
    """Programs read the topic and the column, and people a line."""
    country = ("NA", "BW", "ZA") * (ROWS // 3)
    (found,) = planned(country=country).warnings
    assert set(found.model_dump(mode="json")) == {"code", "column", "text"}
    assert (found.code, found.column) == ("missing-words", "country")
    assert found.line == f"column country: {found.text}"
    assert "NA (100)" in found.text
    assert "--keep-word country=NA" in found.text


@pytest.mark.parametrize("code", WarningCode)
def test_the_costliest_comes_first(code: WarningCode) -> None:
    """Warnings are sorted by their topic, and otherwise stay in order."""
    leak = PlanWarning(code=WarningCode.LEAK, column="b", text="predicts y on its own")
    others = [PlanWarning(code=code, column=name, text="it") for name in "ca"]
    found = costliest_first([*others, leak])
    assert [w.column for w in found] == (list("cab") if code is WarningCode.LEAK else list("bca"))


def told(column: str, texts: tuple[str, ...], code: WarningCode) -> str:
    """The warning about a column, apart from which nothing is wrong."""
    (found,) = planned(**{column: texts}).warnings
    assert (found.code, found.column) == (code, column)
    return found.text


def cells(*counts: tuple[str, int], rest: tuple[str, ...] = SIZE) -> tuple[str, ...]:
    """A column with each text in so many rows, in no order that tells anything."""
    found = [text for text, count in counts for _ in range(count)]
    return tuple(RNG.permutation(np.array([*found, *rest[: ROWS - len(found)]], dtype=object)))


AGES = ("18", "80", *map(str, RNG.integers(18, 81, ROWS - 2)))
TOWNS = tuple(RNG.choice(["Köln", "Bonn", "Trier"], ROWS).tolist())


@pytest.mark.parametrize("code", ["-1", "0", "99", "999", "9999", "-999", "-9"])
def test_a_sentinel_is_named(code: str) -> None:
    """With its share, and the option that reads it as missing."""
    text = told("Age code", cells((code, 45), rest=AGES), WarningCode.SENTINEL)
    assert text.startswith(f"{code} (45 rows, 15.0%) is far from the other values, 18 to 80")
    assert text.endswith(f"--missing 'Age code={code}'")


def test_several_sentinels_are_one_warning() -> None:
    """A person decides once for a column."""
    text = told("age", cells(("998", 9), ("999", 30), rest=AGES), WarningCode.SENTINEL)
    assert text.startswith("999 (30 rows, 10.0%) and 998 (9 rows, 3.0%) are far from")
    assert text.endswith("--missing age=999 --missing age=998")


def test_a_sentinel_of_the_target_is_named() -> None:
    """Nothing would hurt a regression more."""
    texts = {"age": AGES, "y": cells(("-999", 30))}
    lines = tuple(range(2, ROWS + 2))
    table = Cells("t.csv", tuple(texts), lines, tuple(texts.values()), (), "")
    (found,) = plan_table(table, PlanRequest(model="warned", target="y")).warnings
    assert (found.code, found.column) == (WarningCode.SENTINEL, "y")


def test_the_option_settles_it() -> None:
    """Then the column has gaps, a plausible range, and nothing to warn of."""
    texts = {"age": cells(("999", 45), rest=AGES), "size": SIZE, "y": TARGET}
    lines = tuple(range(2, ROWS + 2))
    table = Cells("t.csv", tuple(texts), lines, tuple(texts.values()), (), "")
    asked = PlanRequest(model="warned", target="y", reading=ReadOptions(missing=("age=999",)))
    plan = plan_table(table, asked)
    assert {warning.code for warning in plan.warnings} == {WarningCode.MISSING_WORDS}
    age = plan.columns[0]
    assert age.missing_share == pytest.approx(0.15)
    assert (age.maximum, age.missing_words) == (150, ("999",))


@pytest.mark.parametrize(
    "word", [r"\N", "#DIV/0!", "#BEZUG!", "#N/A", "inf", "-Infinity", "NULL", "(null)", "NaN"]
)
def test_gaps_among_numbers_are_counted(word: str) -> None:
    """Databases and spreadsheets each write their own."""
    text = told("ratio", cells((word, 31)), WarningCode.MISSING_WORDS)
    assert text == f"read as missing: {word} (31)"


@pytest.mark.parametrize("word", ["NA", "None", "null", "n/a", "NaN"])
def test_a_word_that_may_be_a_category_can_be_kept(word: str) -> None:
    """It is counted, and the option that keeps it is named."""
    text = told("town", cells((word, 31), rest=TOWNS), WarningCode.MISSING_WORDS)
    assert text == (
        f"read as missing: {word} (31); if {word} is a value, add: --keep-word town={word}"
    )


def test_words_that_may_be_categories_come_before_gaps_among_numbers() -> None:
    """Then the column with most of them: of many columns, only the first are shown."""
    gaps = {name: cells(("NULL", count)) for name, count in (("a", 20), ("b", 60))}
    plan = planned(**gaps, town=cells(("NA", 9), rest=TOWNS))
    assert [warning.column for warning in plan.warnings] == ["town", "b", "a"]


def test_spellings_read_as_one_are_counted() -> None:
    """Case and blanks make no categories."""
    counts = {"KÖLN": 12, "köln ": 7, "BONN": 6, "Bad  Tölz": 5, "Bad Tölz": 40}
    text = told("town", cells(*counts.items(), rest=TOWNS), WarningCode.SPELLINGS)
    assert text == (
        "spellings that differ only in case or blanks are read as the same value: "
        "KÖLN (12), köln (7), BONN (6), Bad  Tölz (5)"
    )


@pytest.mark.parametrize("unit", ["kg", "€", "%", "km/h", "°C", "zł"])
def test_a_constant_unit_is_the_columns(unit: str) -> None:
    """Nothing is to be decided."""
    plan = planned(weight=tuple(f"{age} {unit}" for age in AGES))
    weight = next(column for column in plan.columns if column.name == "weight")
    assert (plan.warnings, weight.unit, weight.kind) == ((), unit, "integer")


def test_a_trailing_minus_is_a_sign() -> None:
    """As accounting systems write it."""
    plan = planned(saldo=tuple(f"{age}{'-' if age[-1] in '13579' else ''}" for age in AGES))
    saldo = next(column for column in plan.columns if column.name == "saldo")
    assert plan.warnings == ()
    assert saldo.minimum is not None
    assert saldo.minimum < 0


def test_a_table_without_surprises_has_no_warnings() -> None:
    """Warnings are read only if they are few."""
    days = tuple(map(str, RNG.poisson(3, ROWS)))
    assert planned(age=AGES, town=TOWNS, days=days, price=SIZE).warnings == ()


def unnamed(texts: tuple[str, ...]) -> TablePlan:
    """The plan of a table whose first column has no name."""
    columns = (texts, SIZE, TARGET)
    table = Cells("t.csv", ("", "size", "y"), tuple(range(2, ROWS + 2)), columns, (), "")
    return plan_table(table, PlanRequest(model="warned", target="y"))


@pytest.mark.parametrize("first", [0, 1])
def test_an_index_is_left_out(first: int) -> None:
    """Nothing is to be decided."""
    plan = unnamed(tuple(str(first + row) for row in range(ROWS)))
    assert (plan.columns[0].role, plan.warnings) == (Role.IDENTIFIER, ())
    assert "numbers the rows" in plan.columns[0].reason


def test_another_column_without_a_name_is_warned_of() -> None:
    """It may be a feature, for which it needs a name."""
    plan = unnamed(AGES)
    assert plan.columns[0].role is Role.DROPPED
    assert {warning.code for warning in plan.warnings} == {WarningCode.UNNAMED_COLUMN}
    assert unnamed(("",) * ROWS).warnings == ()


def test_a_word_for_a_missing_outcome_may_be_a_class() -> None:
    """The option that the error names makes it one."""
    columns = {"size": SIZE, "y": tuple("NA" if each == "yes" else "EU" for each in TARGET)}
    lines = tuple(range(2, ROWS + 2))
    table = Cells("t.csv", tuple(columns), lines, tuple(columns.values()), (), "")
    with pytest.raises(
        DatasetError, match=r"NA \(\d+ rows\) is read as missing.* --keep-word y=NA"
    ):
        plan_table(table, PlanRequest(model="warned", target="y"))
    kept = PlanRequest(model="warned", target="y", reading=ReadOptions(keep=("y=NA",)))
    assert {*plan_table(table, kept).target.spellings} == {"NA", "EU"}
