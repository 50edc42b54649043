"""Cookies of the console: only for its own path, and unreadable for scripts."""

from datetime import timedelta

from fastapi import Response

from functions.console.view import base_of
from modelfleet.bootstrap.console import Console


def set_cookie(
    response: Response, console: Console, name: str, value: str, lasts: timedelta
) -> None:
    """Set a cookie.

    `Lax` and not `Strict`: a link in a message, and the return from signing in, come from another
    site, and only read.
    """
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path=base_of(console),
        secure=_is_secure(console),
        httponly=True,
        samesite="lax",
    )


def delete_cookie(response: Response, console: Console, name: str) -> None:
    """Delete a cookie."""
    response.delete_cookie(
        name,
        path=base_of(console),
        secure=_is_secure(console),
        httponly=True,
        samesite="lax",
    )


def _is_secure(console: Console) -> bool:
    # The local engine speaks plain HTTP on the loopback interface.
    return console.settings.console_url.startswith("https:")
