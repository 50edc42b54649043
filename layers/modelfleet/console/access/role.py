"""Roles of people, each of which includes the ones below it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; the names are those of the groups in the user pool."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def allows(self, needed: "Role") -> bool:
        """Return whether a person with this role may do what `needed` is required for."""
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Role)


@dataclass(frozen=True)
class Person:
    """A person who is signed in, or a program that calls with a person's token."""

    name: str
    role: Role


def highest_role(groups: Iterable[object]) -> Role | None:
    """Return the highest role among a person's groups; `None` if no group is a role."""
    found = [role for role in _ORDER if role.value in set(groups)]
    return found[-1] if found else None
