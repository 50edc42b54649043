"""What generators share that imitate a table."""

from typing import Any

import numpy as np
import pytest

from modelfleet.spec.errors import DatasetError
from models.fingerprints import Fingerprints
from models.imitation import Drawn, Effects, Likeness

LEVELS = (0, 1, 2, 3, 5, 7, 8, 9, 10)


def likeness(own: Fingerprints | None = None, **changes: Any) -> Likeness:
    """Two flags and a number, of which the second flag and the number have gaps in common."""
    given: dict[str, Any] = {
        "quantiles": {"size": LEVELS},
        "decimals": {"size": 0},
        "shares": {"a": {0: 0.5, 1: 0.5}, "b": {"no": 0.5, "yes": 0.5}},
        "ties": {"b": ("a", 0.9)},
        "gaps": {"b": 0.4, "size": 0.4},
        "gap_ties": {"size": ("b", 0.999)},
    }
    return Likeness(**given | changes, own=own or Fingerprints())


def random(seed: int = 1) -> np.random.Generator:
    """A generator of numbers."""
    return np.random.default_rng(seed)


def test_gaps_go_together() -> None:
    """Each is as frequent as it is to be, and where they are tied they are in the same rows."""
    gaps = likeness().draw(random(), 4_000).missing
    assert gaps["b"].mean() == pytest.approx(0.4, abs=0.03)
    assert (gaps["b"] == gaps["size"]).mean() > 0.95


def test_ties_hold_where_values_are_there() -> None:
    """The second flag follows the first."""
    drawn = likeness().draw(random(), 4_000).values
    assert ((drawn["a"] == 1) == (drawn["b"] == "yes")).mean() > 0.8


@pytest.mark.parametrize("seed", range(20))
def test_no_row_of_the_table_is_drawn(seed: int) -> None:
    """Not even where every third row that could be drawn is one."""
    own = sorted(set(likeness().draw(random(99), 30).rows()), key=str)
    known = Fingerprints.of(own)
    drawn = likeness(own=known).draw(random(seed), 300).rows()
    assert len(drawn) == 300
    assert not set(drawn) & set(own)


def test_rows_that_all_belong_to_the_table_cannot_be_drawn() -> None:
    """It ends with a word, and not never."""
    every = [(a, b) for a in (0, 1) for b in ("no", "yes")]
    flags: dict[str, Any] = {"quantiles": {}, "decimals": {}, "gaps": {}, "gap_ties": {}}
    with pytest.raises(DatasetError, match="hardly a row can be drawn"):
        likeness(Fingerprints.of(every), **flags).draw(random(), 10)


def test_a_gap_has_an_effect_of_its_own() -> None:
    """In the place of the effect that the value would have had, which nobody knows."""
    drawn = Drawn(
        {"size": np.array([0.0, 10.0, 10.0]), "b": np.array(["no", "yes", "yes"], dtype=object)},
        {"size": np.array([False, False, True]), "b": np.array([False, True, False])},
    )
    effects = Effects(
        base=1.0,
        curves={"size": ((0, 0.0), (10, 2.0))},
        values={"b": {"yes": 0.5}},
        gaps={"size": -3.0},
    )
    assert effects.score(drawn).tolist() == [1.0, 3.0, -1.5]


def test_a_shift_moves_values_and_no_gaps() -> None:
    """What is missing stays missing."""
    drawn = Drawn({"size": np.array([1, 2])}, {"size": np.array([True, False])})
    assert drawn.told()["size"].tolist() == [None, 2]
