"""Names of tables become parts of other names, whatever they are, and no two become one."""

import posixpath
import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.entities import Metric, Param
from mlflow.utils.validation import _validate_metric, _validate_param

from modelfleet.spec.names import dimension_value, name_part, quoted
from tests import hostile

LONG = ("x" * 3_000, "x" * 3_001, "ü" * 300)
NAMES = (*hostile.NAMES, *hostile.UNPRINTABLE, *hostile.COLUMNS, *LONG, "", " ", ".", "..", "a/b",
         "a_b", "a.b", "a b", "/a", "a/", "a//b", "a/./b", "%2F", name_part("a/b"))  # fmt: skip
TEXTS = st.text(st.characters())


@given(TEXTS)
def test_what_was_sent_is_quoted(text: str) -> None:
    """It is printable ASCII of bounded length, whatever it was."""
    shown = quoted(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 10 * 40 + 5


def test_what_is_no_text_is_quoted_by_its_type() -> None:
    """Its own spelling may be endless."""
    assert quoted({"a": [1]}) == "a value of type dict"
    assert quoted(None) == "a value of type NoneType"


@given(TEXTS)
def test_any_name_is_one_part_of_a_key(text: str) -> None:
    """It divides nothing, leads nowhere else, and fits into what a registry takes."""
    part = name_part(text)
    assert re.fullmatch(r"[\w -]{1,89}", part)
    assert posixpath.normpath(f"slice/{part}/{part}") == f"slice/{part}/{part}"


@pytest.mark.parametrize("text", NAMES, ids=range(len(NAMES)))
def test_the_registry_takes_every_name(text: str) -> None:
    """MLflow's own rules are kept by metrics and parameters."""
    metric = Metric(f"slice/{name_part(text)}/{name_part(text)}_lower", 0.5, 0, 0)
    _validate_metric(metric.key, metric.value, metric.timestamp, metric.step)
    param = Param(f"spec.slices.columns.{name_part(text)}", "1")
    _validate_param(param.key, param.value)


@pytest.mark.parametrize("safe", [name_part, dimension_value])
def test_no_two_names_become_one(safe: type[str]) -> None:
    """Also where one is what is made of the other."""
    made = {text: safe(text) for text in NAMES}
    assert not [(a, b) for a, b in combinations(made, 2) if made[a] == made[b]]


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40))
def test_usual_names_stay(text: str) -> None:
    """Letters of every script and digits are spelled as they are."""
    assert name_part(text) == text


@given(TEXTS)
def test_any_name_is_a_dimension(text: str) -> None:
    """ASCII without control characters, as CloudWatch takes it, and never too long."""
    value = dimension_value(text)
    assert re.fullmatch(r"[\x20-\x7e]{0,255}", value)
    if len(value) < 255:
        assert value.encode().decode("unicode_escape") == text


# What takes names for keyword arguments, attributes or expressions.
_TAKES_NAMES = re.compile(
    r"\.assign\(\s*\*\*|\.(query|eval)\(|\bnamedtuple\(|\bitertuples\(|\bformat_map\("
    r"|\(\*\*(row|features|columns)\b|\bgetattr\(row\b|\bmodel_construct\("
)


@pytest.mark.static
def test_no_name_of_a_table_is_an_argument() -> None:
    """Rows are dictionaries from the file to the answer; nothing spreads them over a call."""
    root = Path(__file__).parents[3]
    found = [
        f"{path.name}: {line.strip()}"
        for folder in ("cli", "layers", "functions")
        for path in (root / folder).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if _TAKES_NAMES.search(line)
    ]
    assert found == []
