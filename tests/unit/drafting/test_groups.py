"""Which column says which rows belong together, and which rows repeat others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelfleet.drafting.expect import expect
from modelfleet.drafting.plan import Role, TablePlan
from modelfleet.drafting.rows import typed_rows
from modelfleet.drafting.settings import settle
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.data_limits import Limit
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP
from modelfleet.tables.reader import Cells

CUSTOMERS, EACH = 60, 10


def customers(**more: Callable[[int], str]) -> pd.DataFrame:
    """Rows that almost tell whose they are; the label is a coin toss of the customer."""
    rng = np.random.default_rng(5)
    number = np.repeat(np.arange(CUSTOMERS), EACH)
    label = rng.integers(0, 2, CUSTOMERS)[number]
    frame = pd.DataFrame(
        {
            "age": (rng.uniform(20, 70, CUSTOMERS)[number] + rng.uniform(0, 0.01, number.size)),
            "fee": (rng.uniform(5, 90, CUSTOMERS)[number] + rng.uniform(0, 0.01, number.size)),
            "use": rng.integers(0, 40, CUSTOMERS)[number],
        }
    ).round(4)
    for name, spell in more.items():
        frame[name] = [spell(int(each)) for each in number]
    return frame.assign(left=np.where(label, "yes", "no"))


def cells_of(frame: pd.DataFrame) -> Cells:
    """A table as text."""
    columns = tuple(tuple(map(str, frame[name])) for name in frame)
    lines = tuple(range(2, len(frame) + 2))
    return Cells("t.csv", tuple(map(str, frame)), lines, columns, (), "")


def planned(frame: pd.DataFrame, **asked: Any) -> TablePlan:
    """The plan of a table."""
    request = PlanRequest(model="toy", target=str(frame.columns[-1]), **asked)
    return plan_table(cells_of(frame), request)


def told(plan: TablePlan) -> str:
    """All warnings, as text."""
    return "\n".join(warning.line for warning in plan.warnings)


CODES: dict[str, Callable[[int], str]] = {
    "customer": lambda n: f"C{n:04}",
    "CustomerId": lambda n: str(10_000 + n),
    "cust_id": str,
    "userid": str,
    "Kundennummer": lambda n: f"{n:06}",
    "patient no": lambda n: f"P-{n:03}",
    "id": lambda n: str(900 + n),
    "contact": lambda n: f"ada{n}@example.org",
    "ref": lambda n: f"{n * 7919:08x}-77aa-41bb",
    "product_id": lambda n: f"{n * 3}",
}


@pytest.mark.parametrize("name", CODES)
def test_an_identifier_that_repeats_is_the_group(name: str) -> None:
    """Its rows tell the target of one another, so it is used without being asked for."""
    plan = planned(customers(**{name: CODES[name]}))
    assert plan.group == name
    (column,) = plan.of(Role.GROUP)
    assert column.name == name
    assert not column.role.is_left_out
    assert f"{CUSTOMERS} " in column.reason
    assert "10 rows each" in column.reason
    assert "stay on one side of each split" in column.reason
    assert [each.name for each in plan.features] == ["age", "fee", "use"]
    assert "belong together" not in told(plan)


def test_the_reason_names_what_the_rows_are_about() -> None:
    """With its English plural, and the smallest and largest number of rows."""
    frame = customers(CustomerId=CODES["CustomerId"])
    (column,) = planned(frame.drop(index=[0, 1])).of(Role.GROUP)
    assert column.reason == (
        "60 customers, 8 to 10 rows each; rows of one customer stay on one side of each split"
    )


@pytest.mark.parametrize(
    ("name", "spell"),
    [
        ("zip_code", lambda n: str(10_000 + n % 40)),
        ("location_id", lambda n: str(n % 40)),
        ("hour", lambda n: str(n % 24)),
        ("employees", lambda n: str(n % 50)),
        ("client type", lambda n: "ABC"[n % 3]),
        ("customer age", lambda n: str(18 + n % 70)),
        ("number of user sessions", lambda n: str(n % 30)),
        ("device", lambda n: f"Phone model {n % 30}"),
    ],
)
def test_a_category_that_repeats_is_none(name: str, spell: Callable[[int], str]) -> None:
    """Places, hours, and counts describe rows; the groups of a table of separate rows are none."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            name: [spell(n) for n in rng.integers(0, 10_000, 600)],
            "size": rng.gamma(2.0, 9.0, 600).round(2),
            "left": rng.integers(0, 2, 600),
        }
    )
    plan = planned(frame)
    assert plan.group is None
    assert ("--group location_id" in told(plan)) == (name == "location_id")


def test_customers_are_grouped_rather_than_their_orders() -> None:
    """The coarser of two identifiers keeps the rows of the finer one together too."""
    frame = customers(customer_id=CODES["CustomerId"])
    frame.insert(0, "order_id", np.arange(len(frame)) // 2 + 500)
    frame.insert(0, "session_id", np.arange(len(frame)) // 5 + 500)
    assert planned(frame).group == "customer_id"


def test_the_users_choice_counts() -> None:
    """Another column, none at all, or one that is kept as a feature or dropped."""
    frame = customers(customer=CODES["customer"], house=lambda n: f"house {n // 2}")
    assert planned(frame, group="HOUSE").group == "house"
    assert planned(frame, ungrouped=True).group is None
    assert planned(frame, keep=("customer",)).group is None
    assert planned(frame, drop=("customer",)).group is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"group": "left"}, "--group left: a group is neither a feature, nor the target"),
        ({"group": "customer", "drop": ("customer",)}, "--group customer: a group is neither"),
        ({"group": "half"}, "--group half: 2 values are too few .* 10 are needed"),
        ({"group": "custumer"}, "no column custumer; .*customer"),
    ],
)
def test_an_impossible_group_is_refused(asked: dict[str, Any], message: str) -> None:
    """The error says why, in one line."""
    frame = customers(customer=CODES["customer"], half=lambda n: f"{n % 2}")
    with pytest.raises(DatasetError, match=rf"^t\.csv: {message}"):
        planned(frame, **asked)


def test_a_baseline_model_gains_nothing_from_recognizing_customers() -> None:
    """The gate's limits are derived from it, so it must see unknown customers only."""
    frame = customers(customer=CODES["customer"])
    scores = {}
    for asked in ({}, {"ungrouped": True, "drop": ("customer",), "keep": ("age", "fee", "use")}):
        plan = planned(frame, **asked)
        rows = typed_rows(cells_of(frame), plan)
        assert (GROUP in rows) == (plan.group is not None)
        scores[plan.group] = expect(plan, rows)
    assert scores["customer"] < 0.7
    assert scores[None] > 0.95


def test_a_column_that_tells_the_customer_is_no_leak() -> None:
    """Without the group it looks like one, and the table is said to have almost equal rows."""
    frame = customers(customer=CODES["customer"])
    alone = {column.name: column.alone for column in planned(frame).features}
    assert alone["age"] is not None
    assert alone["age"] < 0.75
    plain = planned(frame.drop(columns="customer"))
    assert "equal another one except in one column or after rounding" in told(plain)
    assert "--group" in told(plain)


def distinct(rows: int = 400) -> pd.DataFrame:
    """Rows that have nothing to do with each other."""
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "fee": rng.gamma(2.0, 20.0, rows).round(2),
            "plan": rng.choice(["basic", "plus", "pro"], rows),
            "left": rng.choice(["yes", "no"], rows),
        }
    )


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.concat([distinct(), distinct()]), "every row is there twice"),
        (pd.concat([distinct()] * 3), "every row is there 3 times"),
        (pd.concat([distinct(), distinct().head(100)]), "100 of 500 rows (20%) repeat another one"),
    ],
)
def test_repeated_rows_are_reported(frame: pd.DataFrame, message: str) -> None:
    """With their share, whatever their order."""
    warnings = told(planned(frame.sample(frac=1.0, random_state=0)))
    assert message in warnings
    assert "equal rows stay on one side of each split" in warnings
    assert "after rounding" not in warnings


@pytest.mark.parametrize(
    "frame",
    [
        distinct(),
        distinct()[["plan", "left"]].assign(one=np.arange(400) % 2, two=np.arange(400) % 3)[
            ["plan", "one", "two", "left"]
        ],
        distinct().assign(income=distinct()["fee"] * 12 + distinct()["age"])[
            ["age", "fee", "income", "plan", "left"]
        ],
    ],
    ids=["distinct", "few values", "correlated"],
)
def test_rows_that_resemble_each_other_by_chance_are_not(frame: pd.DataFrame) -> None:
    """Few columns with few values repeat, and so do columns that follow from each other."""
    plan = planned(frame)
    assert "after rounding" not in told(plan)
    assert "repeat another one" not in told(plan)
    assert plan.rows_repeated == frame.duplicated().sum()


@pytest.mark.parametrize(("times", "fail"), [(2, 0.95), (30, None)])
def test_the_limit_of_duplicates_is_not_raised(times: int, fail: float | None) -> None:
    """The data check goes on warning; only a limit that would reject this table is lifted."""
    frame = pd.concat([distinct(300)] * times)
    plan = planned(frame)
    settings = settle(plan, typed_rows(cells_of(frame), plan), 0.7, 0.7)
    assert settings.data_limits.duplicate_share == Limit(warn=0.3, fail=fail)
