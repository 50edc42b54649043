"""Caches predictions of single rows, by version."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from modelfleet.serving.tasks.task_answers import Outcome


class PredictionCache:
    """Least-recently-used cache of predictions, by version and features.

    Versions are immutable, so cached predictions never become stale.

    Parameters
    ----------
    maximum
        Maximum number of cached predictions.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[Hashable, Outcome] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of cached predictions."""
        return len(self._kept)

    def recall(
        self, version: str, row: Mapping[str, Any], score: Callable[[], Outcome]
    ) -> tuple[Outcome, bool]:
        """Return a row's prediction, from the cache if possible.

        Parameters
        ----------
        version
            The version that predicts.
        row
            Validated values, always in the order of the declared features.
        score
            Computes the prediction if it is not cached.

        Returns
        -------
        tuple
            The prediction, and whether it was cached.
        """
        key = (version, *row.values())
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept, True
        outcome = self._kept[key] = score()
        if len(self._kept) > self._maximum:
            self._kept.popitem(last=False)
        return outcome, False
