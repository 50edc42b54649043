"""Limits each client's share of the predictions and outcomes used for decisions."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Kept = TypeVar("Kept")

# The client is unknown in older records, and in the pre-traffic checks of new code.
UNKNOWN = ""


def beyond_half(clients: Mapping[str, str], others: int = 0) -> frozenset[str]:
    """Return the outcomes to exclude so that no client has more than half of them.

    The oldest are excluded first: by the day at the start of the prediction ID, and within a day by
    a hash of the ID. IDs are signed, so that clients cannot choose them, and the order in which
    outcomes were reported does not matter.

    Parameters
    ----------
    clients
        The client of each outcome, by prediction ID.
    others
        Number of additional rows that do not belong to a client.

    Returns
    -------
    frozenset
        Prediction IDs to exclude.
    """
    counted = Counter(clients.values())
    if not counted:
        return frozenset()
    (client, most), *_ = counted.most_common(1)
    excess = most - (others + counted.total() - most)
    if excess <= 0:
        return frozenset()
    own = sorted((name for name, owner in clients.items() if owner == client), key=_age)
    return frozenset(own[:excess])


class ClientSample(Generic[Kept]):
    """A bounded sample of predictions that thins the most active client first.

    A half, a quarter, and so on of that client's predictions is kept, chosen by a hash of their
    IDs, so that each read returns the same sample and both arms are thinned alike. A client that
    floods the model does not displace the others.

    Parameters
    ----------
    most
        Maximum number of predictions to keep.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, dict[str, Kept]] = defaultdict(dict)
        self._halvings: Counter[str] = Counter()
        self._size = 0

    def add(self, client: str, prediction_id: str, kept: Kept) -> None:
        """Add a prediction, unless it is a duplicate or not in the sample."""
        mine = self._kept[client]
        if prediction_id in mine or not self._is_kept(client, prediction_id):
            return
        mine[prediction_id] = kept
        self._size += 1
        while self._size > self._most:
            self._thin(max(self._kept, key=lambda each: len(self._kept[each])))

    def __iter__(self) -> Iterator[Kept]:
        """Iterate over the sample, by client."""
        return chain.from_iterable(mine.values() for mine in self._kept.values())

    def _thin(self, client: str) -> None:
        self._halvings[client] += 1
        mine = self._kept[client]
        left = {name: kept for name, kept in mine.items() if self._is_kept(client, name)}
        self._size -= len(mine) - len(left)
        self._kept[client] = left

    def _is_kept(self, client: str, prediction_id: str) -> bool:
        halvings = self._halvings[client]
        # Use the end of the hash, because its beginning orders outcomes.
        return not halvings or int.from_bytes(by_hash(prediction_id)[-8:]) % 2**halvings == 0


def are_several(callers: Iterable[str]) -> bool:
    """Return whether there is more than one known client; a single one needs no limit."""
    return len(set(callers) - {UNKNOWN}) > 1


def by_hash(prediction_id: str) -> bytes:
    """Return a sort key for prediction IDs that clients cannot influence."""
    return hashlib.sha256(prediction_id.encode()).digest()


def _age(prediction_id: str) -> tuple[str, bytes]:
    return prediction_id.partition("-")[0], by_hash(prediction_id)
