"""Tables that become no model are refused by name, in one line, and nothing is written."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.output.errors import FleetError
from modelfleet.spec.errors import DatasetError
from tests import tables
from tests.integration.drafting.made import run

ROWS = 300


def refused(folder: Path, frame: pd.DataFrame, target: str, *options: str) -> str:
    """Type the command and take down what it says."""
    table = folder / "table.csv"
    frame.to_csv(table, index=False)
    with pytest.raises((DatasetError, FleetError)) as raised:
        run("new", "refused", "--csv", str(table), "--target", target, "--yes", *options)
    return str(raised.value)


@pytest.fixture(autouse=True)
def nothing_is_written(home: Path) -> Iterator[None]:
    """What is refused leaves no trace, not even a draft."""
    yield
    assert list(home.iterdir()) == []


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    """A preview is shown, for people or as JSON, and needs no consent."""
    table = tmp_path / "table.csv"
    tables.graded(ROWS).to_csv(table, index=False)
    asked = ("new", "preview", "--csv", str(table), "--target", "grade", "--plan")
    told = json.loads(run(*asked, "--json").stdout)
    assert told["model"] == "preview"
    assert "grade" in {column["name"] for column in told["plan"]["columns"]}
    assert "grade" in run(*asked).stdout


def test_more_than_fifty_classes_are_refused_by_name(tmp_path: Path) -> None:
    """Texts are no number, so that nothing is left to take such a target for."""
    frame = tables.narrow(ROWS).assign(target=[f"text {n % 51}" for n in range(ROWS)])
    assert refused(tmp_path, frame, "target") == (
        "table.csv: target: it has 51 different values; a target has 50 classes at most, or is a "
        "number"
    )


def test_a_rare_class_of_many_is_named(tmp_path: Path) -> None:
    """A class that no side of the split would have enough of is named, if no two are left."""
    frame = tables.graded(ROWS).assign(grade="usual")
    frame.loc[frame.index < 19, "grade"] = "rare"
    frame.loc[frame.index == 19, "grade"] = "unheard of"
    told = refused(tmp_path, frame, "grade", "--rare", "drop")
    assert told.startswith("table.csv: grade: too few rows of ")
    assert "rare 19, unheard of 1" in told
    assert told.endswith("20 of each class are needed")


def test_more_than_two_classes_are_no_binary_target(tmp_path: Path) -> None:
    """Who asks for two classes is told which there are."""
    told = refused(tmp_path, tables.graded(ROWS), "grade", "--task", "binary")
    assert "it has 4 classes (" in told
    assert told.endswith("and a binary target has two")


CHANGES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "always the same": (
        lambda frame: frame.assign(quality=1),
        "quality: the same value in every row",
    ),
    "a rare class": (
        lambda frame: frame.assign(quality=np.arange(len(frame)) < 5),
        "quality: too few rows of class True: 5 of 20",
    ),
    "a class that reads like a gap": (
        lambda frame: frame.assign(quality=np.where(frame["quality"] == 1, "NA", "EU")),
        "quality: the same value in every row; there is nothing to learn; NA (173 rows) is read as "
        "missing; if it is a class, add: --keep-word quality=NA",
    ),
    "few rows": (lambda frame: frame.head(49), "too few rows with a quality: 49 of 50"),
    "no outcomes": (
        lambda frame: frame.assign(quality=frame["quality"].where(frame.index < 40)),
        "too few rows with a quality: 40 of 50",
    ),
    "nothing to learn from": (
        lambda frame: frame[["quality"]].assign(row=range(len(frame))),
        "no usable feature columns",
    ),
    "no header": (
        lambda frame: frame.select_dtypes("number").set_axis(
            [*(str(n) for n in range(len(frame.columns) - 1)), "quality"], axis="columns"
        ).rename(columns={"quality": "9"}),
        "no column quality; the first line, 0, 1, ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
def test_what_cannot_be_learned_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], told: str, tmp_path: Path
) -> None:
    """One line names the file, the column and the fault."""
    answer = refused(tmp_path, change(tables.numeric(ROWS)), "quality")
    assert answer.startswith(f"table.csv: {told}")
    assert "\n" not in answer


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--drop", "nothing"), "no column nothing"),
        (("--time", "x1"), "column x1 contains no dates or times"),
        (("--positive", "maybe"), "no class maybe; the classes are 0 and 1"),
    ],
)
def test_options_that_do_not_fit_the_table_are_refused(
    options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    """What the user says is held against the table."""
    frame = tables.numeric(ROWS).sort_values("quality", ascending=False)
    answer = refused(tmp_path, frame, "quality", *options)
    assert told.replace("0 and 1", "") in answer.replace("0 and 1", "").replace("1 and 0", "")


def test_words_are_no_regression(tmp_path: Path) -> None:
    """A task that the target cannot have is refused."""
    told = refused(tmp_path, tables.brackets(ROWS), "Is left?", "--task", "regression")
    assert "not numeric" in told


def test_a_model_is_never_overwritten(tmp_path: Path) -> None:
    """A name that is taken is refused, and what to do is said."""
    table = tables.write(tables.narrow(ROWS), tmp_path, "narrow")
    with pytest.raises(FleetError, match="model bankchurn already exists; choose another name"):
        run("new", "bankchurn", "--csv", str(table), "--target", "rent", "--yes")


def test_without_consent_nothing_is_written(tmp_path: Path) -> None:
    """Where nobody can be asked, the plan is shown and the way on is said."""
    table = tables.write(tables.narrow(ROWS), tmp_path, "narrow")
    with pytest.raises(FleetError, match="accept the plan with --yes"):
        run("new", "fresh", "--csv", str(table), "--target", "rent")


@pytest.mark.parametrize("name", ["Churn", "my_model", "a", "1st", "../up"])
def test_names_are_those_that_the_cloud_takes(name: str, tmp_path: Path) -> None:
    """A name that no function could bear is refused before the table is read."""
    with pytest.raises(FleetError, match="lowercase letters and digits"):
        run("new", name, "--csv", str(tmp_path / "none.csv"), "--target", "x")
