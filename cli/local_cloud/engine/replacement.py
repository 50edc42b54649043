"""Replaces functions of MiniStack, and refuses to start on a release that no longer has them."""

from collections.abc import Callable
from typing import Any

# Sets an attribute of a module or class to a function.
Replace = Callable[[Any, str, Callable[..., Any]], None]


def replace(owner: Any, name: str, function: Callable[..., Any]) -> None:
    """Replace a function of a module or class.

    Raises
    ------
    SystemExit
        If it has no such function.
    """
    if not callable(getattr(owner, name, None)):
        raise SystemExit(f"this release of MiniStack has no {owner.__name__}.{name} to replace")
    setattr(owner, name, function)
