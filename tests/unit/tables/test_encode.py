"""The encoding: learned from training rows alone, and the same for a frame as for requests."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from modelfleet.catalogue import find, names
from modelfleet.datasets.manifest import Side
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.tables.encode import RowEncoder, as_rows
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.target import outcomes
from tests.training import frame

COLOR = Column(name="color", kind=ColumnKind.CATEGORY, description="", example="red")
SIZE = Column(name="size", kind=ColumnKind.NUMBER, description="", example=1.0)


def fitted(colors: Sequence[str | None], target: list[float]) -> RowEncoding:
    """The encoding of a table with one category and one number."""
    rows = pd.DataFrame({"color": np.array(colors, dtype=object), "size": 1.0})
    encoding: RowEncoding = RowEncoder((COLOR, SIZE)).fit(rows, target).encoding_
    return encoding


@pytest.mark.parametrize("model", names())
def test_frame_and_requests_are_encoded_alike(model: str) -> None:
    """The transformer's matrix equals what requests with the same rows are encoded to."""
    spec = find(model)
    train, test = frame(model, Side.TRAIN), frame(model, Side.TEST)
    encoder = RowEncoder(spec.features.columns(), len(spec.classes))
    encoder.fit(train, outcomes(spec, train))
    served = encoder.encoding_.encode(as_rows(test, encoder.encoding_.names))
    expected = np.array(served, dtype=np.float32)
    np.testing.assert_array_equal(encoder.transform(test).astype(np.float32), expected)


def test_codes_follow_the_mean_target() -> None:
    """Categories are ordered by how often the target is positive in training."""
    codes = fitted(["a"] * 50 + ["b"] * 50 + ["c"] * 50, [1.0] * 50 + [0.0] * 50 + [0, 1] * 25)
    column = codes.columns[0]
    assert column.codes == {"b": 0.0, "c": 2.0, "a": 4.0}


def test_spellings_of_a_learned_category_are_one() -> None:
    """Files and requests are encoded regardless of case and blanks, as the plan says."""
    rows = ["Köln"] * 30 + ["KÖLN"] * 20 + ["Bonn"] * 50
    encoding = fitted(rows, [1.0] * 30 + [0.0] * 20 + [0.0] * 50)
    column = encoding.columns[0]
    assert column.codes == {"Köln": 2.0, "KÖLN": 2.0, "Bonn": 0.0}
    assert column.encode(["köln", "  bonn ", "Kö ln", "ulm", None])[:2] == [2.0, 0.0]
    assert column.encode(["Kö ln", "ulm"]) == [column.unseen_code] * 2
    texts = np.array(["köln", "KÖLN", "bonn", "ulm", None], dtype=object)
    frame_of = pd.DataFrame({"color": texts, "size": 1.0})
    encoder = RowEncoder((COLOR, SIZE))
    encoder.encoding_ = encoding
    assert encoder.transform(frame_of)[:, 0].tolist() == column.encode(texts.tolist())


def test_declared_categories_that_differ_in_case_stay_apart() -> None:
    """They are different values by declaration."""
    declared = COLOR.model_copy(update={"categories": ("a", "A")})
    rows = pd.DataFrame({"color": np.array(["a", "A"] * 50, dtype=object), "size": 1.0})
    column = RowEncoder((declared, SIZE)).fit(rows, [1.0, 0.0] * 50).encoding_.columns[0]
    assert column.codes == {"a": 2.0, "A": 0.0}
    assert column.encode(["a", "A", " a"]) == [2.0, 0.0, column.unseen_code]


def test_unlisted_categories_are_learned_regardless_of_case() -> None:
    """As those of an open category; listed ones have the declared spelling by then."""
    declared = COLOR.model_copy(update={"categories": ("a", "b"), "unseen": "score"})
    texts = ["a"] * 40 + ["b"] * 40 + ["New"] * 10 + ["NEW"] * 10
    rows = pd.DataFrame({"color": np.array(texts, dtype=object), "size": 1.0})
    target = [0.0] * 40 + [1.0] * 60
    column = RowEncoder((declared, SIZE)).fit(rows, target).encoding_.columns[0]
    assert column.codes is not None
    assert column.codes["New"] == column.codes["NEW"] > column.codes["a"]
    assert column.encode(["new", "never seen"]) == [column.codes["New"], column.unseen_code]


def test_rare_category_is_drawn_to_the_mean() -> None:
    """A single positive row does not put its category above one with many."""
    codes = fitted(["rare"] + ["often"] * 99, [1.0] + [1.0] * 60 + [0.0] * 39).columns[0].codes
    assert codes is not None
    assert codes["rare"] > codes["often"]
    three = fitted(["rare"] + ["often"] * 50 + ["never"] * 50, [1.0] + [1.0] * 50 + [0.0] * 50)
    assert three.columns[0].codes == {"never": 0.0, "rare": 2.0, "often": 4.0}


def test_unseen_category_stands_where_the_mean_stands() -> None:
    """A category that training never saw gets a code of its own between low and high ones."""
    column = fitted(["a"] * 50 + ["b"] * 50, [1.0] * 50 + [0.0] * 50).columns[0]
    assert column.encode(["b", "new", "a"]) == [0.0, 1.0, 2.0]


def test_missing_category_is_a_category_where_training_saw_it() -> None:
    """Missing values get their own rank if they occur in training, else the unseen code."""
    seen = fitted(["a"] * 50 + [None] * 50, [0.0] * 50 + [1.0] * 50).columns[0]
    assert seen.encode(["a", None]) == [0.0, 2.0]
    unseen = fitted(["a"] * 50 + ["b"] * 50, [1.0] * 50 + [0.0] * 50).columns[0]
    assert unseen.missing_code == unseen.unseen_code


def test_numbers_are_rounded_to_what_the_export_sees() -> None:
    """Numbers come out at float32 precision, missing ones as NaN."""
    rows = pd.DataFrame({"size": [0.1, np.nan]})
    matrix = RowEncoder((SIZE,)).fit(rows, [0.0, 1.0]).transform(rows)
    assert matrix[0, 0] == np.float32(0.1)
    assert np.isnan(matrix[1, 0])


def test_encoder_can_be_cloned() -> None:
    """Cross-fitting clones the encoder without what it learned."""
    encoder = RowEncoder((SIZE,)).fit(pd.DataFrame({"size": [1.0]}), [1.0])
    assert not hasattr(clone(encoder), "encoding_")


def test_codes_of_classes_follow_the_line_on_which_their_shares_differ_most() -> None:
    """Categories that go with the same class stand together, and between two what has both."""
    colors = ["a"] * 60 + ["b"] * 60 + ["c"] * 60 + ["d"] * 60
    classes = [0] * 60 + [2] * 30 + [0] * 30 + [2] * 60 + [0] * 55 + [1] * 5
    rows = pd.DataFrame({"color": np.array(colors, dtype=object), "size": 1.0})
    encoder = RowEncoder((COLOR, SIZE), classes=3).fit(rows, np.array(classes, dtype=float))
    codes = encoder.encoding_.columns[0].codes
    assert codes is not None
    order = sorted(codes, key=lambda name: codes[name])
    assert order in (["a", "d", "b", "c"], ["c", "b", "d", "a"])
    again = clone(encoder).fit(rows, np.array(classes, dtype=float))
    assert again.encoding_ == encoder.encoding_


def test_missing_categories_of_classes_have_a_code_of_their_own() -> None:
    """A gap that goes with a class is told apart, and what was never seen stands in the middle."""
    colors = [None] * 50 + ["b"] * 50 + ["c"] * 50
    rows = pd.DataFrame({"color": np.array(colors, dtype=object), "size": 1.0})
    y = np.array([0] * 50 + [1] * 50 + [2] * 50, dtype=float)
    column = RowEncoder((COLOR, SIZE), classes=3).fit(rows, y).encoding_.columns[0]
    (missing, b, c, unseen) = column.encode([None, "b", "c", "new"])
    assert sorted([missing, b, c]) == [0.0, 2.0, 4.0]
    assert min(missing, b, c) <= unseen <= max(missing, b, c)
