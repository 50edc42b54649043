"""Security headers and CORS."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from modelfleet.pages import policy as page_policy

# Defaults, in ASGI format; a route may set its own, as the documentation does.
HEADERS = (
    (b"cache-control", b"no-store"),
    (page_policy.HEADER.encode(), page_policy.API.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
)
_ASKED = ["content-type", "x-api-key", "x-entity-id", "x-request-id"]
_TOLD = ["retry-after", "x-request-id"]


def with_security_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Add the security headers that a response does not set."""
    said = {name for name, _ in headers}
    return [*headers, *((name, value) for name, value in HEADERS if name not in said)]


def allow_origins(app: FastAPI, origins: str) -> None:
    """Allow browsers to call from pages of these origins; by default, none may."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins.split(),
            allow_methods=["GET", "POST"],
            allow_headers=_ASKED,
            expose_headers=_TOLD,
            max_age=600,
        )
