"""Chooses the arm that serves a request."""

import hashlib
from collections.abc import Callable

from modelfleet.registry.pointer import Mode, ReleasePointer, Variant

_SPAN = 2**64


def choose(pointer: ReleasePointer, entity: str | None, draw: Callable[[], float]) -> Variant:
    """Choose the arm for one request.

    Parameters
    ----------
    pointer
        The release, with its challenger's share of the traffic.
    entity
        The entity that the request is about. During a release, an entity is always routed to the
        same arm, and stays with the challenger when its share grows. `None` routes randomly.
    draw
        Returns a uniform random number in [0, 1), used without an entity.
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
