"""Which refused values are proposed as categories."""

from typing import Literal

import pytest

from modelfleet.captures.columns import WindowColumns, columns_of
from modelfleet.captures.refused_values import RefusedColumn
from modelfleet.catalogue import find
from modelfleet.drift.decide import find_troubles
from modelfleet.drift.refused import refused_categories
from modelfleet.drift.report import DriftReport, DriftStatus, RefusedCategory, Window
from modelfleet.spec.alert_policy import AlertPolicy, Concern
from modelfleet.spec.features import Features, category
from tests.watching import NOW

SPEC = find("bankchurn")
ASKED = 970


def window(asked: int = ASKED, clients: frozenset[str] = frozenset({"k1", "k2"})) -> WindowColumns:
    """A window's predictions, of which only the number matters."""
    empty = columns_of((), [], [])
    return WindowColumns(0, empty.features, empty.predictions, asked=asked, clients=clients)


def refused(*sent: tuple[str | None, int, str]) -> RefusedColumn:
    """Values with the number of rows and the client that sent them."""
    column = RefusedColumn()
    for value, rows, client in sent:
        column.add(value, rows, client)
    return column


def found(
    *sent: tuple[str | None, int, str], seen: WindowColumns | None = None
) -> tuple[RefusedCategory, ...]:
    """The refused values of Geography."""
    return refused_categories(SPEC, {"Geography": refused(*sent)}, seen or window())


def test_a_frequent_value_is_proposed_with_its_share() -> None:
    """Of all rows that were sent, accepted or not."""
    (italy,) = found(("Italy", 20, "k1"), ("Italy", 10, "k2"))
    assert italy == RefusedCategory(
        column="Geography", value="Italy", rows=30, share=0.03, clients=2, proposed=True
    )


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ([("Italy", 4, "k1"), ("Italy", 4, "k2")], window()),
        ([("Italy", 2, "k1"), ("Italy", 2, "k2")], window(96)),
        ([("Italy", 10, "k1"), ("Italy", 10, "k2")], window(50)),
        ([("Italy", 500, "k1")], window()),
        ([(None, 500, "k1"), (None, 500, "k2")], window()),
    ],
    ids=["small share", "few rows", "few requests", "one of several clients", "no text"],
)
def test_what_may_be_an_accident_is_only_reported(
    sent: list[tuple[str | None, int, str]], seen: WindowColumns
) -> None:
    """A single client cannot propose a value on its own, except of a model that has no other."""
    (category,) = found(*sent, seen=seen)
    assert not category.proposed


@pytest.mark.parametrize("client", ["k1", ""])
def test_the_only_client_counts(client: str) -> None:
    """Where no key is needed, nobody can be told apart."""
    (italy,) = found(("Italy", 30, client), seen=window(clients=frozenset({client})))
    assert italy.proposed


def test_what_the_spec_accepts_by_now_is_left_out() -> None:
    """After `fleet columns accept`, yesterday's refusals are no finding."""
    assert found(("spain", 400, "k1"), ("France", 300, "k2")) == ()
    assert refused_categories(SPEC, {"Removed": refused(("x", 400, "k1"))}, window()) == ()


def test_columns_that_score_have_nothing_to_accept() -> None:
    """Their unlisted values are among the predictions, where drift finds them."""

    class Scored(Features):
        Geography: Literal["France", "Spain"] = category(
            "Country", example="France", unseen="score"
        )

    spec = SPEC.model_copy(update={"features": Scored})
    assert refused_categories(spec, {"Geography": refused(("x", 400, "k1"))}, window()) == ()


def report(*categories: RefusedCategory) -> DriftReport:
    """A report with too few predictions, as when all requests are refused."""
    return DriftReport(
        model="bankchurn",
        version="7",
        window=Window(start=NOW.replace(hour=0), end=NOW),
        made_at=NOW,
        status=DriftStatus.INSUFFICIENT_DATA,
        reason="too few",
        reference_rows=1,
        current_rows=0,
        refused=categories,
    )


@pytest.mark.parametrize(
    ("column", "value", "command"),
    [
        ("Geography", "Italy", "fleet columns accept bankchurn Geography Italy"),
        ("a b", "$(rm -rf ~)'", """fleet columns accept bankchurn 'a b' '$(rm -rf ~)'"'"''"""),
        ("Geography", "-x", "fleet columns accept -- bankchurn Geography -x"),
    ],
)
def test_the_finding_names_the_command(column: str, value: str, command: str) -> None:
    """Quoted for a shell, because callers choose the value."""
    proposed = RefusedCategory(
        column=column, value=value, rows=31, share=0.031, clients=2, proposed=True
    )
    rare = proposed.model_copy(update={"proposed": False})
    (trouble,) = find_troubles(report(proposed, rare), [])
    assert trouble.concern is Concern.NEW_CATEGORY
    assert trouble.text == (
        f"{column}: {value!r} in 3.1% of requests was refused; accept it with: {command}"
    )


def test_no_retraining_answers_a_refusal() -> None:
    """The rows were never stored; a person decides."""
    policy = AlertPolicy()
    assert Concern.NEW_CATEGORY in policy.warn_on
    assert Concern.NEW_CATEGORY not in policy.retrain_on
    with pytest.raises(ValueError, match="no row with a refused category is stored"):
        AlertPolicy(retrain_on=(Concern.NEW_CATEGORY,))
