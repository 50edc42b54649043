"""Limits each client to half of the outcomes that decide."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Whose API key it was is not known: of records of before it was kept, and of a function's own
# trials of new code.
UNKNOWN = ""


def beyond_half(clients: Mapping[str, str], others: int = 0) -> frozenset[str]:
    """Tell which outcomes one client has beyond half of all.

    The oldest are beyond it, by the day that a prediction's id begins with, and within a day those
    that a hash of the id puts first. Ids are signed, so nobody chooses theirs, and it does not
    matter in which order outcomes were reported.

    Parameters
    ----------
    clients
        Whose each outcome is, by its prediction's id.
    others
        How many rows there are besides that are no client's.

    Returns
    -------
    frozenset
        Ids. Without them, no client has more than half.
    """
    counted = Counter(clients.values())
    if not counted:
        return frozenset()
    (client, most), *_ = counted.most_common(1)
    excess = most - (others + counted.total() - most)
    if excess <= 0:
        return frozenset()
    own = sorted((name for name, whose in clients.items() if whose == client), key=_age)
    return frozenset(own[:excess])


def are_several(callers: Iterable[str]) -> bool:
    """Whether more than one known client calls; one that is alone speaks for every caller."""
    return len(set(callers) - {UNKNOWN}) > 1


def by_hash(prediction_id: str) -> bytes:
    """What to sort ids by so that nobody can tell where his come."""
    return hashlib.sha256(prediction_id.encode()).digest()


def _age(prediction_id: str) -> tuple[str, bytes]:
    return prediction_id.partition("-")[0], by_hash(prediction_id)
