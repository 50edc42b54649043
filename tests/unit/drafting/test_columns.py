"""What a single column is to a model."""

import numpy as np
import pytest

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.personal_data import is_sensitive, personal_data
from modelfleet.drafting.plan import Role
from modelfleet.drafting.ranges import declared_range
from modelfleet.drafting.roles import Outcome, role_of
from modelfleet.spec.model import Task

ROWS = 400
RNG = np.random.default_rng(3)
OUTCOME = Outcome("churn", Task.BINARY, (RNG.random(ROWS) < 0.4).astype(float))


def column(name: str, texts: list[str]) -> ColumnValues:
    """A column as it was read."""
    return ColumnValues.read(name, texts)


def role(name: str, texts: list[str], *, kept: bool = False) -> Role:
    """What becomes of it."""
    return role_of(column(name, texts), OUTCOME, kept=kept).role


def telling(right: float) -> list[str]:
    """Numbers that tell the outcome that often."""
    y = np.where(RNG.random(ROWS) < right, OUTCOME.y, 1 - OUTCOME.y)
    return [f"{value:.3f}" for value in y + RNG.uniform(0, 0.9, ROWS)]


COLUMNS: dict[str, tuple[str, list[str], Role]] = {
    "numbers": ("income", [f"{n * 1.5}" for n in RNG.permutation(ROWS)], Role.FEATURE),
    "categories": ("colour", ["red", "green"] * (ROWS // 2), Role.FEATURE),
    "a flag with gaps": ("is_4wd", ["1", ""] * (ROWS // 2), Role.FEATURE),
    "a count of mails": ("email_opens", ["1", "2", "0", "5"] * (ROWS // 4), Role.FEATURE),
    "has a phone": ("PhoneService", ["Yes", "No"] * (ROWS // 2), Role.FEATURE),
    "a shop": ("store_id", [str(n % 20) for n in range(ROWS)], Role.FEATURE),
    "a counter": ("n", [str(n) for n in RNG.permutation(ROWS)], Role.IDENTIFIER),
    "an id": ("user_id", [str(n * 7919 % 100_003) for n in range(ROWS)], Role.IDENTIFIER),
    "codes": ("ticket", [f"T-{n:x}" for n in range(ROWS)], Role.IDENTIFIER),
    "constant": ("country", ["DE"] * ROWS, Role.CONSTANT),
    "nearly constant": ("country", ["DE"] * (ROWS - 2) + ["FR", "AT"], Role.CONSTANT),
    "constant, with few gaps": ("country", ["DE"] * (ROWS - 9) + [""] * 9, Role.CONSTANT),
    "a rare flag": ("fraud_before", ["no"] * (ROWS - 8) + ["yes"] * 8, Role.FEATURE),
    "empty": ("notes", [""] * ROWS, Role.EMPTY),
    "dates": ("signup", [f"2021-0{n % 9 + 1}-11" for n in range(ROWS)], Role.DATE),
    "texts": ("remark", [f"said {n % 250} things" for n in range(ROWS)], Role.TEXT),
    "sentences": ("remark", [f"the client said {n} times no" for n in range(ROWS)], Role.TEXT),
    "sentences, some twice": (
        "remark",
        [f"we met {n % 300} times or so" for n in range(ROWS)],
        Role.TEXT,
    ),
    "prices and a word": (
        "price",
        [f"{n * 1.37:.2f}" for n in range(ROWS - 30)] + ["sold"] * 30,
        Role.TEXT,
    ),
    "tickets": (
        "ticket",
        [f"{n * 7919}" if n % 3 else f"A/{n}" for n in range(ROWS)],
        Role.IDENTIFIER,
    ),
    "named after it": ("Churn Reason", ["price", "", "service", ""] * 100, Role.AFTERWARDS),
    "a telling outcome": ("outcome", telling(0.85), Role.AFTERWARDS),
    "a dull duration": ("duration", [f"{n % 37}" for n in range(ROWS)], Role.FEATURE),
    "e-mails": ("reach", [f"u{n % 90}@ex.org" for n in range(ROWS)], Role.PERSONAL),
    "surnames": ("Surname", [f"Name{n % 180}" for n in range(ROWS)], Role.PERSONAL),
}


@pytest.mark.parametrize(("name", "texts", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_a_columns_part_is_found(name: str, texts: list[str], expected: Role) -> None:
    """What it is called and what it holds decide together."""
    assert role(name, texts) is expected


@pytest.mark.parametrize("text", ["1e999", "1e308", "-1e39", "9" * 5_000])
def test_a_number_that_no_model_computes_with_is_none(text: str) -> None:
    """It is a stray value among others, and no column of numbers is made of such."""
    values = [*(str(number) for number in range(ROWS)), text]
    found = column("income", values)
    assert (found.stray, found.numbers is None) == (1, False)
    assert all(map(np.isfinite, declared_range(found.numbers[:-1])))  # type: ignore[index]  # are some
    assert column("income", [text, f"{text}0"] * ROWS).numbers is None


@pytest.mark.parametrize("text", ["inf", "-Infinity", "-nan", "#DIV/0!", r"\N", "-∞"])
def test_what_computes_with_nothing_is_missing(text: str) -> None:
    """Infinities and the errors of spreadsheets are counted as missing values."""
    found = column("income", [*(str(number) for number in range(ROWS)), text])
    assert (found.stray, found.texts[-1], found.found.missing) == (0, None, {text: 1})


@pytest.mark.parametrize("case", ["an id", "constant", "e-mails"])
def test_the_user_may_keep_a_column(case: str) -> None:
    """A proposal is overruled by a person who knows better."""
    name, texts, _ = COLUMNS[case]
    assert role(name, texts, kept=True) in (Role.FEATURE, Role.TEXT)


@pytest.mark.parametrize("case", ["codes", "texts", "sentences", "tickets"])
def test_texts_are_kept_on_request(case: str) -> None:
    """As a category whose values are learned in training, if they are short enough for one."""
    name, texts, _ = COLUMNS[case]
    assert role(name, texts, kept=True) is Role.FEATURE
    assert role(name, [f"{text:<65}x" for text in texts], kept=True) is Role.TEXT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["unknown"] * 20 + ["n.a."] * 19, "361 of 400 are numbers; unknown 20, n.a. 19"),
        (["unbekannt"] * 39, "361 of 400 are numbers; unbekannt 39"),
        (["нет данных"] * 30 + ["(なし)"] * 9, "numbers; нет данных 30, (なし) 9"),
        (["machine off"] * 30 + list("abcdefghi"), "a 1, b 1, c 1, d 1, others 5"),
    ],
)
@pytest.mark.parametrize("decimals", [0, 4])
def test_words_among_numbers_are_counted(words: list[str], told: str, decimals: int) -> None:
    """Also where every number is another one, which does not make them identifiers."""
    numbers = RNG.normal(50_000, 9_000, ROWS - len(words))
    found = role_of(
        column("Income", [*(f"{n:.{decimals}f}" for n in numbers), *words]), OUTCOME, kept=False
    )
    assert found.role is Role.TEXT
    assert told in found.reason


@pytest.mark.parametrize("case", ["empty", "dates"])
def test_what_cannot_be_a_feature_is_none(case: str) -> None:
    """There is nothing to keep of a column without values, or of one that models cannot read."""
    name, texts, expected = COLUMNS[case]
    assert role(name, texts, kept=True) is expected


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["ada@example.com", "bo@example.org"], "e-mail addresses"),
        (["+49 30 123456", "(030) 1234-567", "0170/1234567"], "telephone numbers"),
        (["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"], "account numbers"),
        (["10.0.0.1", "2001:db8::1"], "network addresses"),
        (["Doe, Mr. John", "Ada Lovelace", "Grace Hopper"], "people's names"),
    ],
)
def test_personal_data_show_in_their_values(texts: list[str], told: str) -> None:
    """Whatever the column is called."""
    found = personal_data(column("x", texts))
    assert found is not None
    assert told in found


@pytest.mark.parametrize(
    "texts",
    [
        ["2021-03-04", "2021-03-05"],
        ["12.5", "1234567.8"],
        ["20210304", "20210305"],
        ["3-4", "5-6"],
        ["new york", "rome"],
        [f"Brand {n % 5}" for n in range(100)],
    ],
)
def test_other_values_are_nobodys(texts: list[str]) -> None:
    """Dates, decimals, scores, towns and brands are no personal data."""
    assert personal_data(column("x", texts)) is None


@pytest.mark.parametrize(
    ("texts", "spelling"),
    [
        (["2021-03-04", "2022-12-31"], "%Y-%m-%d"),
        (["2021-03-04 10:11:12"], "%Y-%m-%d %H:%M:%S"),
        (["2021-03-04T10:11:12+02:00"], "%Y-%m-%dT%H:%M:%S"),
        (["3/14/2021", "12/1/2020"], "%m/%d/%Y"),
        (["14/3/2021", "1/12/2020"], "%d/%m/%Y"),
        (["4/19/19"], "%m/%d/%y"),
        (["31.12.2020"], "%d.%m.%Y"),
        (["20210304", "20201231"], "%Y%m%d"),
        (["Mar 4, 2021"], "%b %d, %Y"),
        (["12345678"], None),
        (["red"], None),
        (["3.14"], None),
        ([""], None),
    ],
)
def test_dates_are_told_by_how_they_are_spelled(texts: list[str], spelling: str | None) -> None:
    """The first spelling under which all are dates of our times."""
    assert column("x", texts).date_format == spelling


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0, 1], (0, 1)),
        ([18, 92], (0, 170)),
        ([350, 850], (0, 1400)),
        ([1908, 2019], (1700, 2200)),
        ([-5, 5], (-15, 15)),
        ([-8, -2], (-14, 0)),
        ([0.01, 0.03], (0, 0.05)),
        ([7], (0, 14)),
        ([10, 20], (0, 30)),
    ],
)
def test_ranges_are_wide_and_round(values: list[float], ends: tuple[float, float]) -> None:
    """As far beyond the sample as it is wide, and never negative where nothing is."""
    found = declared_range(np.array(values, dtype=float))
    assert found == ends
    # Nobody declares a minimum of -0.
    assert "-0.0" not in map(str, found)


@pytest.mark.parametrize(
    "name",
    ["Gender", "SEX", "customer_age", "Age (years)", "MaritalStatus", "ethnic group", "age_band"],
)
def test_characteristics_of_people_are_sensitive(name: str) -> None:
    """However the name is written."""
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    ["vehicle_age", "account age", "stage", "page", "essex", "wage", "racetrack", "unisex_fit"],
)
def test_ages_of_things_are_not_sensitive(name: str) -> None:
    """Nor words that contain one."""
    assert not is_sensitive(name)
