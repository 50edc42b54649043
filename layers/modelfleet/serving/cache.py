"""Caches predictions of single rows, by version."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from modelfleet.serving.tasks.task_answers import Outcome


class PredictionCache:
    """The outcomes of the rows that were asked for last, by version and features.

    A version never changes, so what it answered is never out of date.

    Parameters
    ----------
    maximum
        How many outcomes are kept; the one that was not asked for the longest goes first.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[Hashable, Outcome] = OrderedDict()

    def __len__(self) -> int:
        """How many outcomes are kept."""
        return len(self._kept)

    def recall(
        self, version: str, row: Mapping[str, Any], score: Callable[[], Outcome]
    ) -> tuple[Outcome, bool]:
        """Give a row's outcome.

        Parameters
        ----------
        version
            Who answers.
        row
            Validated values, always in the order in which the features are declared.
        score
            Makes the outcome where it is not remembered.

        Returns
        -------
        tuple
            The outcome, and whether it was remembered.
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
