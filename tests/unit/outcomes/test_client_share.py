"""Half of what is decided on, and no more, is one client's."""

import random
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.outcomes.client_share import ClientSample, are_several, beyond_half

CLIENTS = st.dictionaries(st.text(min_size=1), st.sampled_from(["", "a", "b", "c"]))


@given(CLIENTS, st.integers(min_value=0, max_value=30))
def test_no_client_has_more_than_half_of_what_is_left(clients: dict[str, str], others: int) -> None:
    """And no outcome is left out that need not be."""
    excess = beyond_half(clients, others)
    left = Counter(whose for name, whose in clients.items() if name not in excess)
    whole = others + left.total()
    assert all(2 * each <= whole for each in left.values())
    if excess:
        (client,) = {clients[name] for name in excess}
        assert 2 * (left[client] + 1) > whole + 1


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_the_order_of_reports_changes_nothing(order: tuple[int, ...]) -> None:
    """Whoever comes first, or last, has no more of his outcomes counted."""
    reports = [("20260101-x-1-0", "a"), ("20260102-y-1-0", "a"), ("20260102-z-1-0", "a")]
    reports.append(("20260103-w-1-0", "b"))
    found = beyond_half(dict(reports[place] for place in order))
    assert "20260101-x-1-0" in found
    assert len(found) == 2
    assert found == beyond_half(dict(reports))


def test_the_newest_are_kept() -> None:
    """Of a client who has too many, those of the earliest days are left out."""
    rng = random.Random(3)  # noqa: S311  # repeatable, no secret
    names = [f"202601{day:02}-{rng.random()}" for day in range(1, 31)]
    excess = beyond_half(dict.fromkeys(names, "a"), others=10)
    assert excess == set(names[:20])


@pytest.mark.parametrize(
    ("callers", "several"),
    [([], False), (["a"], False), (["a", ""], False), (["", ""], False), (["a", "b"], True)],
)
def test_who_is_not_known_is_no_other_client(callers: list[str], several: bool) -> None:
    """Records of before clients were kept are nobody's whom one would have to protect."""
    assert are_several(callers) is several


@given(CLIENTS, st.integers(min_value=1, max_value=12))
def test_a_sample_thins_whoever_has_most(clients: dict[str, str], most: int) -> None:
    """It is bounded, and nobody loses a row who has fewer than an equal share."""
    sample = ClientSample[str](most)
    for name, whose in clients.items():
        sample.add(whose, name, name)
        sample.add(whose, name, name)
    kept = list(sample)
    assert len(kept) == len(set(kept))
    assert len(kept) <= most
    share = most // (len(set(clients.values())) or 1)
    for whose, count in Counter(clients.values()).items():
        if count <= share:
            assert sum(clients[name] == whose for name in kept) == count


def test_a_sample_is_the_same_in_any_order() -> None:
    """A hash of the id chooses, so that no client chooses when to call."""
    names = [str(number) for number in range(1_000)]
    kept = []
    for order in (names, names[::-1]):
        sample = ClientSample[str](100)
        for name in order:
            sample.add("a", name, name)
        kept.append(set(sample))
    assert kept[0] == kept[1]
    assert 25 <= len(kept[0]) <= 100
