"""Chooses the arm that answers a request."""

import hashlib
from collections.abc import Callable

from modelfleet.registry.pointer import Mode, ReleasePointer, Variant

_SPAN = 2**64


def choose(pointer: ReleasePointer, entity: str | None, draw: Callable[[], float]) -> Variant:
    """Pick the arm for one request.

    Parameters
    ----------
    pointer
        The release: its challenger's share is the part of the traffic that the challenger takes.
    entity
        Who the request is about; the same entity always meets the same arm of a release, and one
        that has met the challenger still does when the share grows. `None` leaves it to chance.
    draw
        A uniform number in [0, 1), used without an entity.
    """
    challenger = pointer.challenger
    if challenger is None or challenger.mode is Mode.SHADOW:
        return Variant.CHAMPION
    salt = f"{pointer.model}/{challenger.version}"
    position = draw() if entity is None else _position(salt, entity)
    return Variant.CHALLENGER if position < challenger.share else Variant.CHAMPION


def _position(salt: str, entity: str) -> float:
    digest = hashlib.sha256(f"{salt}/{entity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _SPAN
