"""Entities: what a prediction is about, known only by a keyed hash of the caller's own ID."""

from collections.abc import Sequence
from typing import Any

from modelfleet.outcomes.keyed_hash import keyed_hash
from modelfleet.outcomes.prediction_ids import SigningKeys

# Field of a batch row with the entity's ID, unless the model has a column of this name.
ENTITY_ID = "entity_id"
_PURPOSE = "modelfleet entity 1"


def entity_of(given: str | int | None) -> str | None:
    """Return a caller's ID of an entity as text; `None` if it is blank."""
    return (str(given).strip() or None) if given is not None else None


class EntityHashes:
    """Keyed hashes of a model's entities, under the keys that sign prediction IDs.

    Parameters
    ----------
    model
        The model's name.
    keys
        The stage's secret keys; the newest hashes new predictions.
    """

    def __init__(self, model: str, keys: SigningKeys) -> None:
        self._model = model
        self._keys = keys

    def newest(self, entity: Any) -> str:
        """Return the hash of an entity's ID for a new prediction.

        Raises
        ------
        UnavailableError
            If no key could be read.
        """
        return keyed_hash(_PURPOSE, self._model, self._keys.newest(), entity)

    def known(self, entity: Any) -> Sequence[str]:
        """Return the hashes that stored predictions of the entity may have, newest key first.

        Raises
        ------
        UnavailableError
            If no key could be read.
        """
        return self.under(self.known_keys(), entity)

    def known_keys(self) -> Sequence[bytes]:
        """Return the keys of `known`, for many entities.

        Raises
        ------
        UnavailableError
            If no key could be read.
        """
        return self._keys.read_again()

    def under(self, keys: Sequence[bytes], entity: Any) -> Sequence[str]:
        """Return the hash of an entity's ID under each of some keys."""
        return [keyed_hash(_PURPOSE, self._model, key, entity) for key in keys]
