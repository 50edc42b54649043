"""Plans of tables as people bring them, each kind of file with variants from other systems."""

# ruff: noqa: S311  nothing here is secret
# ruff: noqa: RUF001  letters of other scripts are what this is about

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modelfleet.drafting.plan import ColumnPlan, Role, TablePlan, WarningCode
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import ColumnKind
from modelfleet.tables.reader import read_cells

ROWS = 160
HEADER = ("Age", "Fee", "Plan", "Left")
Value = Callable[[random.Random, int], object]


def members(rows: int = ROWS) -> list[list[Any]]:
    """An age, a fee, and a plan, from which the outcome follows with noise."""
    draw = random.Random(1)
    table = []
    for _ in range(rows):
        age, fee = draw.randint(18, 80), round(draw.uniform(5, 90), 2)
        plan = draw.choice(["basic", "plus", "family"])
        left = 0.05 * (age - 45) + 0.03 * (fee - 40) + draw.gauss(0, 1) > 0
        table.append([age, fee, plan, "yes" if left else "no"])
    return table


def text(rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER, mark: str = ",") -> str:
    """A table as text."""
    file = io.StringIO()
    csv.writer(file, delimiter=mark, lineterminator="\n").writerows([header, *rows])
    return file.getvalue()


def beside(name: str, value: Value, mark: str = ",") -> str:
    """The members with one column more."""
    draw = random.Random(2)
    rows = [[*row[:3], value(draw, place), row[3]] for place, row in enumerate(members())]
    return text(rows, [*HEADER[:3], name, HEADER[3]], mark)


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., TablePlan]:
    """Plans the model of a file."""

    def of(content: str | bytes, target: str = "Left", **asked: Any) -> TablePlan:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return plan_table(read_cells(path), PlanRequest(model="brought", target=target, **asked))

    return of


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the search for leaks, which takes most of the time of a plan."""
    monkeypatch.setattr("modelfleet.drafting.table.find_leak", lambda _: None)


def column(plan: TablePlan, name: str) -> ColumnPlan:
    """A column of a plan."""
    return next(each for each in plan.columns if each.name == name)


def warned(plan: TablePlan, name: str | None = None) -> dict[WarningCode, str]:
    """What a plan warns of, about one column."""
    return {each.code: each.text for each in plan.warnings if each.column == name}


@dataclass(frozen=True)
class Expected:
    """What must become of a column."""

    role: Role = Role.FEATURE
    kind: ColumnKind | None = None
    warning: WarningCode | None = None
    words: tuple[str, ...] = ()
    fields: dict[str, object] = field(default_factory=dict)
    reason: str = ""


INTEGER, NUMBER, CATEGORY = ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.CATEGORY
GAPS = Expected(kind=INTEGER, warning=WarningCode.MISSING_WORDS)
WORDS = Expected(role=Role.TEXT, warning=WarningCode.WORDS_AMONG_NUMBERS, words=("--missing",))
COUNTER = Expected(role=Role.IDENTIFIER)


def some(word: str, share: float = 0.2, low: int = 0, high: int = 60) -> Value:
    """Numbers, and a word in a share of the rows."""
    return lambda draw, _: word if draw.random() < share else draw.randint(low, high)


def one_of(*values: str) -> Value:
    """Categories."""
    return lambda draw, _: draw.choice(values)


def whole(pattern: str, low: int = 1, high: int = 400) -> Value:
    """Whole numbers, written by a pattern."""
    return lambda draw, _: pattern.format(draw.randint(low, high))


COLUMNS: dict[str, tuple[str, Value, Expected]] = {
    "07 Namibia": ("Country", one_of("NA", "DE", "FR", "US"),
                   Expected(kind=CATEGORY, warning=WarningCode.MISSING_WORDS,
                            words=("NA", "--keep-word"))),
    "07 none of several": ("Damage", one_of("none", "some", "much"),
                           Expected(kind=CATEGORY, warning=WarningCode.MISSING_WORDS,
                                    words=("--keep-word",))),
    "08 leading zeros": ("Zip", one_of("01730", "02139", "10001"), Expected(kind=CATEGORY)),
    "07 an error in Polish": ("Country", one_of("#ARG!", "DE", "FR", "US"),
                             Expected(kind=CATEGORY, warning=WarningCode.MISSING_WORDS)),
    "08 text formula": ("Zip", one_of('="01730"', '="02139"', '="10001"'),
                        Expected(kind=CATEGORY,
                                 fields={"categories": ("01730", "02139", "10001")})),
    "08 zeros of a branch": ("Branch", one_of("007", "012", "104"), Expected(kind=CATEGORY)),
    "09 Hive": ("Visits", some(r"\N"), GAPS),
    "09 SAS": ("Visits", some("."), GAPS),
    "09 pandas": ("Visits", some("<NA>"), GAPS),
    "09 pivot table": ("Visits", some("(blank)"), GAPS),
    "10 Excel": ("Ratio", some("#DIV/0!"), GAPS),
    "10 German Excel": ("Ratio", some("#WERT!"), GAPS),
    "10 Russian Excel": ("Ratio", some("#ЗНАЧ!"), GAPS),
    "10 too large": ("Ratio", some("1e999"), WORDS),
    "10 infinity": ("Ratio", some("-inf"), GAPS),
    "10 Windows": ("Ratio", some("1.#QNAN"), GAPS),
    "09 MySQL": ("Joined", lambda _, n: "0000-00-00" if n % 5 == 0 else f"2024-0{1 + n % 9}-11",
                 Expected(role=Role.DATE)),
    "11 self": ("self", whole("{}"), Expected(kind=INTEGER)),
    "11 a method": ("model_dump", whole("{}"), Expected(kind=INTEGER)),
    "11 a keyword": ("class", whole("{}"), Expected(kind=INTEGER)),
    "15 unknown": ("Income", some("unknown"), WORDS),
    "15 German": ("Income", some("k.A."), WORDS),
    "15 Spanish": ("Income", some("s/d"), WORDS),
    "15 below a limit": ("Income", some("<5"), WORDS),
    "15 an open end": ("Children", one_of("0", "1", "2", "3+"), Expected(kind=CATEGORY)),
    "15 few numbers": ("Children", one_of("0", "1", "2", "unknown"),
                       Expected(kind=CATEGORY, warning=WarningCode.WORDS_AMONG_NUMBERS,
                                words=("are numbers; unknown", "--missing"))),
    "16 kg": ("Weight", whole("{} kg"), Expected(kind=INTEGER, fields={"unit": "kg"})),
    "16 złoty": ("Paid", whole("{},50 zł"), Expected(kind=NUMBER, fields={"unit": "zł"})),
    "16 dollars": ("Paid", whole("US$ {}"), Expected(kind=INTEGER, fields={"unit": "US$"})),
    "16 per mille": ("Rate", whole("{}‰"), Expected(kind=INTEGER, fields={"unit": "‰"})),
    "16 square metres": ("Size", whole("{} m²"), Expected(kind=INTEGER, fields={"unit": "m²"})),
    "16 a price of an area": ("Rent", whole("{} €/m²"), Expected(fields={"unit": "€/m²"})),
    "16 consumption": ("Use", whole("{} l/100km"), Expected(fields={"unit": "l/100km"})),
    "16 brackets": ("Weight", whole("{} (kg)"), Expected(kind=INTEGER, fields={"unit": "kg"})),
    "16 a digit": ("Size", whole("{} m2"), Expected(kind=INTEGER, fields={"unit": "m2"})),
    "16 inches": ("Width", whole('{}"'), Expected(kind=INTEGER, fields={"unit": '"'})),
    "16 one year, two years": ("Tenure", lambda _, n: f"{n % 9} year{'s' * (n % 9 > 1)}",
                               Expected(kind=INTEGER, fields={"unit": "years"})),
    "16 two units": ("Weight", lambda draw, n: f"{draw.randint(45, 120)} {'lb' if n % 3 else 'kg'}",
                     Expected(role=Role.TEXT, reason="several units: ")),
    "16 percent and share": (
        "Rate", lambda draw, n: f"{draw.randint(1, 99)}%" if n % 2 else f"{draw.random():.4f}",
        Expected(role=Role.TEXT, reason="% is a percentage and 0.")),
    "16 a few percent among shares": (
        "Rate", lambda draw, n: f"{draw.randint(2, 99)}%" if n % 9 == 0 else f"{draw.random():.4f}",
        Expected(role=Role.TEXT, reason="may be a share of 1 or a percentage")),
    "16 percent signs in some rows": (
        "Rate", lambda draw, n: f"{draw.randint(2, 99)}{'%' * (n % 2)}",
        Expected(kind=INTEGER, fields={"unit": "%"})),
    "16 small percentages": ("Rate", lambda _, n: f"0.{n % 90 + 10}{'%' * (n % 2)}",
                             Expected(kind=NUMBER, fields={"unit": "%"})),
    "16 thousands in some rows": (
        "Income", lambda draw, n: f"{draw.randint(100, 999)}{'' if n % 16 == 0 else 'K'}",
        Expected(role=Role.TEXT, reason="numbers in several units: K 150, none 10")),
    "16 all in thousands": ("Income", whole("{}k"), Expected(kind=INTEGER, fields={"unit": "k"})),
    "16 no cents": ("Paid", whole("{},--"), Expected(kind=INTEGER, fields={"minimum": 0})),
    "16 no Rappen": ("Paid", whole("{}.-"), Expected(kind=INTEGER, fields={"minimum": 0})),
    "16 full-width": ("Paid", lambda draw, _: f"{draw.randint(1, 400)}".translate(
        {ord("0") + digit: 0xFF10 + digit for digit in range(10)}), Expected(kind=INTEGER)),
    "16 Arabic": ("Paid", lambda draw, _: f"{draw.randint(1, 400)}٫5".translate(
        {ord("0") + digit: 0x660 + digit for digit in range(10)}), Expected(kind=NUMBER)),
    "17 trailing minus": ("Saldo", lambda draw, _: f"{draw.randint(1, 99)}{draw.choice('- ')}",
                          Expected(kind=INTEGER, fields={"minimum": -300})),
    "17 brackets": ("Saldo", lambda draw, n: f"({n % 99})" if n % 3 else draw.randint(1, 99),
                    Expected(kind=INTEGER)),
    "17 minus sign": ("Saldo", lambda draw, n: f"\u2212{n % 99}" if n % 3 else draw.randint(1, 99),
                      Expected(kind=INTEGER)),
    "17 dash": ("Saldo", lambda draw, n: f"–{n % 99}" if n % 3 else draw.randint(1, 99),
                Expected(kind=INTEGER)),
    "18 accents of their own": ("Town", one_of("Zürich", "Zu\u0308rich", "Bern"),
                                Expected(kind=CATEGORY, warning=WarningCode.SPELLINGS)),
    "18 invisible": ("Town", one_of("Bern", "Bern\u200b", "Basel"),
                     Expected(kind=CATEGORY, warning=WarningCode.SPELLINGS)),
    "18 full-width": ("Code", one_of("ABC", "ＡＢＣ", "DEF"),
                      Expected(kind=CATEGORY, warning=WarningCode.SPELLINGS)),
    "18 blanks alone": ("Town", one_of("Bern", " Bern", "Basel"),
                        Expected(kind=CATEGORY, warning=WarningCode.SPELLINGS, words=("blanks",))),
    "18 a control character": ("Town", one_of("Bern", "Bern\0", "Basel"),
                               Expected(kind=CATEGORY, warning=WarningCode.SPELLINGS)),
    "06 two formats of a date": (
        "Joined", lambda _, n: f"2025-0{1 + n % 9}-{10 + n % 19}" if n % 2
        else f"{10 + n % 19}.0{1 + n % 9}.2025",
        Expected(role=Role.TEXT, reason="dates in several formats, such as 2025-")),
    "06 formats of two systems": (
        "Joined", lambda _, n: f"{13 + n % 15}/0{1 + n % 9}/2025" if n < ROWS // 2
        else f"March {1 + n % 28}, 2026",
        Expected(role=Role.TEXT, reason="dates in several formats")),
    "16 a duration over a day": (
        "Call", lambda draw, _: f"{draw.randint(0, 80):02d}:{draw.randint(0, 59):02d}:00",
        Expected(role=Role.TEXT, reason="durations, such as ")),
    "16 a duration in words": (
        "Call", lambda draw, _: f"{draw.randint(0, 9)}h {draw.randint(0, 59)}m",
        Expected(role=Role.TEXT, reason="durations, such as ")),
    "16 a duration in ISO 8601": (
        "Call", lambda draw, _: f"PT{draw.randint(0, 9)}H{draw.randint(0, 59)}M",
        Expected(role=Role.TEXT, reason="durations, such as ")),
    "16 coordinates": (
        "Place", lambda draw, _: f"{draw.uniform(40, 50):.4f}, {draw.uniform(5, 15):.4f}",
        Expected(role=Role.TEXT, reason="two numbers in each value")),
    "16 sizes of a screen": ("Screen", lambda _, n: f"{640 * (1 + n % 15)}x{480 * (1 + n % 15)}",
                             Expected(kind=CATEGORY)),
    "19 Unnamed": ("Unnamed: 0", lambda _, n: n, COUNTER),
    "19 R": ("rownames", lambda _, n: n + 1, COUNTER),
    "19 Spark": ("_c0", lambda _, n: n, COUNTER),
    "20 instant": ("instant", lambda _, n: n + 1, COUNTER),
    "20 downwards in tens": ("pos", lambda _, n: 5_000 - 10 * n, COUNTER),
    "20 with letters": ("ticket", lambda _, n: f"R{n:05d}", COUNTER),
    "20 ordinals": ("place", lambda _, n: f"{n + 1}.", COUNTER),
    "21 sentinel": ("Age code", some("999", 0.15, 18, 80),
                    Expected(kind=INTEGER, warning=WarningCode.SENTINEL, words=("999", "%"))),
    "21 negative": ("Rooms", some("-9", 0.15, 1, 9),
                    Expected(kind=INTEGER, warning=WarningCode.SENTINEL, words=("-9", "%"))),
    "21 a kind of gap": ("Answer", some("-2", 0.25, 0, 10),
                         Expected(warning=WarningCode.SENTINEL, words=("-2",))),
    "21 many nines": ("Income", some("99999999", 0.1, 9_000, 99_000),
                      Expected(warning=WarningCode.SENTINEL, words=("99999999",))),
}  # fmt: skip


@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize(("name", "value", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_is_what_a_person_would_say(
    plan: Callable[..., TablePlan], name: str, value: Value, expected: Expected
) -> None:
    """Role, kind, and unit; and a warning where the values may not mean what they say."""
    found = plan(beside(name, value, ";"))
    planned = column(found, name)
    assert planned.role is expected.role, planned.reason
    if expected.kind is not None:
        assert planned.kind is expected.kind
    assert expected.reason in planned.reason
    for attribute, wanted in expected.fields.items():
        assert getattr(planned, attribute) == wanted
    warnings = warned(found, name)
    assert set(warnings) == ({expected.warning} if expected.warning else set())
    for word in expected.words:
        assert word in "".join(warnings.values())


def fees(mark: str, decimals: int = 2) -> str:
    """The members with a decimal comma."""
    rows = [[row[0], f"{row[1]:.{decimals}f}".replace(".", ","), *row[2:]] for row in members()]
    return text(rows, mark=mark)


FILES = {
    "04 decimal comma, Windows": fees(";").replace("plus", "größer").encode("cp1252"),
    "04 tabs, UTF-16": fees("\t").encode("utf-16"),
    "05 three decimals": fees(";", 3),
    "12 sep= line": "sep=;\n" + text(members(), mark=";"),
    "12 sep= line of a comma": "sep=,\r\n" + text(members()).replace("\n", "\r\n"),
    "13 title": "Report of members 2026-11\n\n" + text(members()),
    "13 two titles and a byte order mark": "\ufeffMembers;;;\nas of;2026-11;;\n"
    + text(members(), mark=";"),
    "14 trailing delimiter": text(members()).replace("\n", ",\n"),
    "14 in rows alone": text(members()).replace("\n", ";\n").replace(",", ";").replace(
        "Left;\n", "Left\n"
    ),
    "12 sep= line in UTF-32": ("sep=;\n" + text(members(), mark=";")).encode("utf-32"),
    "13 quotes after blanks": text(members()).replace("basic", '"basic"').replace(",", ", "),
    "14 in the header alone": text(members()).replace("Left\n", "Left,\n"),
    "18 case and blanks": text(
        [[*row[:2], (str.upper, str.title, "{} ".format)[n % 3](row[2]), row[3]]
         for n, row in enumerate(members())]
    ),
}  # fmt: skip


@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_file_is_read_whatever_program_wrote_it(
    plan: Callable[..., TablePlan], content: str | bytes
) -> None:
    """The fee is a number below 1,000, the plan one of three, and no row is lost."""
    found = plan(content)
    fee, kind = column(found, "Fee"), column(found, "Plan")
    assert found.rows == ROWS
    assert fee.kind is NUMBER
    assert fee.maximum is not None
    assert fee.maximum < 1_000
    assert len(kind.categories) == 3


def test_spellings_of_one_category_are_reported(plan: Callable[..., TablePlan]) -> None:
    """18: with the rows of each."""
    told = warned(plan(FILES["18 case and blanks"]), "Plan")[WarningCode.SPELLINGS]
    assert "PLUS (17)" in told
    assert "and 1 more" in told
    assert told.endswith("blanks around values are not read")


@pytest.mark.parametrize("gap", ["", "NA", "NULL", "#N/A"])
def test_rows_without_an_outcome_are_open_cases(plan: Callable[..., TablePlan], gap: str) -> None:
    """01: counted, and neither a class nor a broken row."""
    rows = members(3 * ROWS)
    found = plan(text([[*row[:3], row[3] if n % 3 == 0 else gap] for n, row in enumerate(rows)]))
    assert (found.rows, found.rows_without) == (ROWS, 2 * ROWS)
    assert found.target.labels == ("no", "yes")


@pytest.mark.parametrize("word", [".", "--", "pending", "TBD"])
def test_a_class_beside_yes_and_no_may_be_an_open_case(
    plan: Callable[..., TablePlan], word: str
) -> None:
    """01: the plan says so, with the option that makes it one."""
    rows = [[*row[:3], word if n % 3 else row[3]] for n, row in enumerate(members(3 * ROWS))]
    told = warned(plan(text(rows)), "Left")[WarningCode.TARGET_WORDS]
    assert f"--missing Left={word}" in told


@pytest.mark.parametrize(
    ("no", "yes"),
    [("✗", "✓"), ("❌", "✅"), ("☐", "☒"), ("無", "有"), ("×", "○"), ("0,00", "1,00"), ("0", "100"),
     ("none", "some"), ("Not churned", "Churned"), ("nicht gekündigt", "gekündigt")],
)  # fmt: skip
@pytest.mark.usefixtures("no_search")
def test_a_word_or_sign_for_yes_is_positive(
    plan: Callable[..., TablePlan], no: str, yes: str
) -> None:
    """Whichever of the two is rarer."""
    for one, other in ((no, yes), (yes, no)):
        rows = [[*row[:3], one if row[3] == "no" else other] for row in members()]
        positive = plan(text(rows, mark=";")).target.positive
        assert positive in (yes, yes.replace(",", "."))


@pytest.mark.parametrize(("mark", "no"), [("x", "no"), ("✓", "no"), ("Y", "no"), ("1", "0")])
@pytest.mark.usefixtures("no_search")
def test_blank_cells_beside_a_mark_are_no(
    plan: Callable[..., TablePlan], mark: str, no: str
) -> None:
    """The plan says so; an empty cell beside two classes is an open case."""
    found = plan(text([[*row[:3], mark if row[3] == "yes" else ""] for row in members()]))
    assert (found.rows, found.rows_without) == (ROWS, 0)
    assert (found.target.negative, found.target.positive, found.target.blank) == (no, mark, no)
    assert "blank cells" in warned(found, "Left")[WarningCode.TARGET_WORDS]


@pytest.mark.usefixtures("no_search")
def test_several_words_for_yes_are_one_class(plan: Callable[..., TablePlan]) -> None:
    """Under the name that most rows have; a none among them is a class of its own."""
    words = {"yes": ("yes", "Y", "1"), "no": ("no", "N", "0")}
    rows = [[*row[:3], words[row[3]][n % 3]] for n, row in enumerate(members())]
    found = plan(text(rows))
    assert found.target.task.value == "binary"
    assert set(found.target.merge[found.target.positive or ""]) | {found.target.positive} == set(
        words["yes"]
    )
    assert WarningCode.SPELLINGS in warned(found, "Left")
    others = plan(text([[*row[:3], "None" if n % 3 else row[3]] for n, row in enumerate(rows)]))
    assert "None" in (others.target.labels or ())


@pytest.mark.parametrize("name", ["customer", "Patient no.", "Kundennummer"])
def test_the_rows_of_one_customer_stay_together(plan: Callable[..., TablePlan], name: str) -> None:
    """03: an identifier that repeats is the group."""
    draw = random.Random(3)
    people = [(draw.uniform(18, 80), draw.uniform(0, 9), draw.choice(["yes", "no"]))
              for _ in range(40)]  # fmt: skip
    rows = [
        [f"C{n:04d}", *(round(each + draw.gauss(0, 0.01), 4) for each in person[:2]), person[2]]
        for n, person in enumerate(people)
        for _ in range(8)
    ]
    found = plan(text(rows, [name, "Age", "Use", "Left"]))
    assert found.group == name
    assert "8 rows each" in column(found, name).reason


def test_dates_in_order_settle_which_comes_first(plan: Callable[..., TablePlan]) -> None:
    """06: no day is above twelve, but only one reading has the file in order."""
    early = beside("Joined", lambda _, n: f"{1 + n // 14:02d}/{1 + min(n % 14, 11):02d}/2025")
    found = {each.name: each for each in plan(early).format.columns}
    assert found["Joined"].dates == "%m/%d/%Y"
    with pytest.raises(DatasetError, match=r"day-first.*month-first"):
        plan(beside("Joined", lambda draw, _: f"0{draw.randint(1, 9)}/0{draw.randint(1, 9)}/2025"))


@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("filler", ["9999-12-31", "1900-01-01"])
def test_a_day_that_stands_for_none_is_reported(
    plan: Callable[..., TablePlan], filler: str
) -> None:
    """21: with its rows, and the option that reads it as missing."""
    value = lambda _, n: filler if n % 5 == 0 else f"2024-{1 + n % 12:02d}-{1 + n % 28:02d}"  # noqa: E731
    found = plan(beside("Joined", value), keep=("Joined",))
    assert column(found, "Joined").kind is ColumnKind.DATE
    assert f"--missing Joined={filler}" in warned(found, "Joined")[WarningCode.SENTINEL]


def test_a_row_written_twice_is_reported(plan: Callable[..., TablePlan]) -> None:
    """22: and so is a file that was appended to itself."""
    rows = members(ROWS // 2)
    for repeated in ([row for row in rows for _ in (0, 1)], [*rows, *rows]):
        found = plan(text(repeated))
        assert found.rows_repeated >= ROWS // 2
        assert WarningCode.DUPLICATES in warned(found)


def test_zeros_of_an_amount_are_counted(plan: Callable[..., TablePlan]) -> None:
    """23: a claim is a number, not the class of those that had none."""
    draw = random.Random(5)
    rows = [[*row[:2], 0 if draw.random() < 0.8 else round(row[1] * draw.uniform(2, 20), 2)]
            for row in members()]  # fmt: skip
    target = plan(text(rows, ["Age", "Fee", "Claim"]), "Claim").target
    assert target.task.value == "regression"
    assert target.zero_share == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize(
    ("values", "by_mean"),
    [
        pytest.param(lambda d: round(d.gauss(50, 9), 2), False, id="symmetric"),
        pytest.param(lambda d: round(d.lognormvariate(3, 1), 2), False, id="amount"),
        pytest.param(lambda d: int(d.lognormvariate(0, 1)), True, id="counts with zeros"),
        pytest.param(lambda d: 0 if d.random() < 0.8 else d.uniform(1, 99), True, id="claims"),
        pytest.param(lambda d: round(100 - d.lognormvariate(2, 0.7), 2), True, id="skewed down"),
    ],
)
def test_skewed_targets_are_judged_by_the_mean_unless_a_logarithm_helps(
    plan: Callable[..., TablePlan], values: Callable[[random.Random], float], by_mean: bool
) -> None:
    """23: no model of the mean beats the median by its absolute error on such a target."""
    draw = random.Random(7)
    rows = [[*row[:2], values(draw)] for row in members()]
    assert plan(text(rows, ["Age", "Fee", "Visits"]), "Visits").target.by_mean is by_mean


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Age Left\n1 2\n", "single column, Age Left; .*--delimiter space"),
        ('"Age,Left"\n"1,2"\n', "single column, Age,Left; each line is in quotes as a whole"),
        ("Age:Left\n1:2\n", "single column, Age:Left; .*--delimiter"),
        ("Age,Age,Left\n1,2,no\n", "duplicate column Age; rename or remove"),
        ("26,53.4,no\n27,3.1,yes\n", "a header with column names is required"),
        ("<html><table><tr><td>Left</td></tr></table></html>", "it is an HTML page"),
    ],
)
def test_a_file_that_is_no_table_is_refused_for_that(
    plan: Callable[..., TablePlan], content: str, reason: str
) -> None:
    """13: not for a column that it seems to lack."""
    with pytest.raises(DatasetError, match=reason):
        plan(content)


def test_a_table_of_the_target_alone_is_refused(plan: Callable[..., TablePlan]) -> None:
    """Without a feature, there is nothing to learn from."""
    with pytest.raises(DatasetError, match="no usable feature columns"):
        plan(text([row[3:] for row in members()], HEADER[3:]))


def test_rows_that_cannot_be_read_are_the_reason(plan: Callable[..., TablePlan]) -> None:
    """A file without a readable row has too few outcomes because of that."""
    rows = [f'"{row[0]},{row[1]},""{row[2]}"",{row[3]}"' for row in members()]
    with pytest.raises(DatasetError, match="160 rows cannot be read, the first on line 2: it has"):
        plan("\n".join([",".join(HEADER), *rows]))


@pytest.mark.parametrize(("other", "open_share"), [("Ringing", 0.3), ("", 0.0)])
def test_a_column_filled_in_after_the_outcome_is_a_leak(
    plan: Callable[..., TablePlan], other: str, open_share: float
) -> None:
    """25: whichever outcome it is filled in for, with the score that remains without it."""
    draw = random.Random(6)
    rows = [[*row[:2],
             draw.choice(["", "Will revert"]) if draw.random() < open_share else
             "Converted" if row[3] == "yes" else other, row[3]]
            for row in members(400)]  # fmt: skip
    found = plan(text(rows, ["Age", "Fee", "Tag", "Left"]))
    assert column(found, "Tag").role is Role.LEAK
    assert "--keep Tag" in warned(found, "Tag")[WarningCode.LEAK]


def test_the_hour_of_a_date_is_a_feature(plan: Callable[..., TablePlan]) -> None:
    """26: where it decides."""
    draw = random.Random(7)
    rows = [[f"2024-{1 + n // 300:02d}-{1 + n // 24 % 28:02d} {n % 24:02d}:00", row[0],
             round(200 + 150 * (8 < n % 24 < 20) + draw.gauss(0, 20), 1)]
            for n, row in enumerate(members(480))]  # fmt: skip
    when = column(plan(text(rows, ["when", "Age", "count"]), "count"), "when")
    assert (when.role, when.kind) == (Role.FEATURE, ColumnKind.DATE)
    assert "hour" in when.reason


def test_fifty_rows_are_planned(plan: Callable[..., TablePlan]) -> None:
    """27: and the plan says what so few rows cost; fewer are refused with the number needed."""
    assert WarningCode.FEW_ROWS in warned(plan(text(members(120))))
    with pytest.raises(DatasetError, match="49 of 50"):
        plan(text(members(49)))
