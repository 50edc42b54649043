"""What tells a table's rows from others, and how little it tells."""

import pytest

from models.fingerprints import Fingerprints

ROWS = [(n, n / 8, f"town {n % 7}", None if n % 3 else "red") for n in range(600)]
OTHERS = [(n, n / 8, f"town {n % 7}", "blue") for n in range(4_000)]


def test_every_row_is_known_again() -> None:
    """None of those that it was made of is taken for another."""
    assert Fingerprints.of(ROWS).among(ROWS).all()


def test_many_others_seem_to_be_known() -> None:
    """A third to a half, so that being known proves nothing of a row."""
    assert 0.25 < Fingerprints.of(ROWS).among(OTHERS).mean() < 0.55


@pytest.mark.parametrize(
    ("one", "other"), [((7,), (7.0,)), ((0.0,), (-0.0,)), ((True,), (1,))], ids=str
)
def test_equal_rows_are_one(one: tuple[float], other: tuple[float]) -> None:
    """However a number is written."""
    crowd = Fingerprints.of([one, *((n + 0.5,) for n in range(200))])
    assert crowd.among([other]).all()


def test_it_is_small() -> None:
    """Three bits a row at most, from which no row can be read."""
    rows = [(n,) for n in range(50_000)]
    told = Fingerprints.of(rows).lines()
    assert max(map(len, told)) <= 88
    assert sum(map(len, told)) * 6 <= 3 * len(rows)


def test_it_is_the_same_from_a_source_file() -> None:
    """Lines with blanks before them are read as they were written, and rows in any order."""
    text = "\n        ".join(["", *Fingerprints.of(ROWS).lines(), ""])
    found = Fingerprints.read(text)
    assert found.lines() == Fingerprints.of(ROWS[::-1]).lines()
    assert found.among(ROWS).all()


def test_of_no_rows_none_is_known() -> None:
    """Nothing has to be drawn anew then."""
    assert not Fingerprints.of([]).among(OTHERS).any()
    assert Fingerprints.of([]).lines() == []
