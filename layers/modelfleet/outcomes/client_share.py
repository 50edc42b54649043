"""Limits each client's share of the predictions and outcomes that decide."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Kept = TypeVar("Kept")

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


class ClientSample(Generic[Kept]):
    """A bounded sample of predictions, in which whoever makes most of them is thinned first.

    Of that client's a half, a quarter and so on is kept, chosen by a hash of their ids: the same
    ones whenever they are read, and as many of either arm. A flood takes no place from others.

    Parameters
    ----------
    most
        How many are kept at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, dict[str, Kept]] = defaultdict(dict)
        self._halvings: Counter[str] = Counter()
        self._size = 0

    def add(self, client: str, prediction_id: str, kept: Kept) -> None:
        """Add a prediction, which may be there already."""
        mine = self._kept[client]
        if prediction_id in mine or not self._is_kept(client, prediction_id):
            return
        mine[prediction_id] = kept
        self._size += 1
        while self._size > self._most:
            self._thin(max(self._kept, key=lambda each: len(self._kept[each])))

    def __iter__(self) -> Iterator[Kept]:
        """What is kept, by client."""
        return chain.from_iterable(mine.values() for mine in self._kept.values())

    def _thin(self, client: str) -> None:
        self._halvings[client] += 1
        mine = self._kept[client]
        left = {name: kept for name, kept in mine.items() if self._is_kept(client, name)}
        self._size -= len(mine) - len(left)
        self._kept[client] = left

    def _is_kept(self, client: str, prediction_id: str) -> bool:
        halvings = self._halvings[client]
        # The end of the hash: its beginning orders outcomes.
        return not halvings or int.from_bytes(by_hash(prediction_id)[-8:]) % 2**halvings == 0


def are_several(callers: Iterable[str]) -> bool:
    """Whether more than one known client calls; one that is alone speaks for every caller."""
    return len(set(callers) - {UNKNOWN}) > 1


def by_hash(prediction_id: str) -> bytes:
    """What to sort ids by so that nobody can tell where his come."""
    return hashlib.sha256(prediction_id.encode()).digest()


def _age(prediction_id: str) -> tuple[str, bytes]:
    return prediction_id.partition("-")[0], by_hash(prediction_id)
