"""The JSON API: what the pages show, for programs with an access token."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from functions.console.access import Running, Viewer
from modelfleet.console.access.role import Role
from modelfleet.console.serving import ServingModel, serving_models


class Caller(BaseModel):
    """Whom a token belongs to."""

    name: str
    role: Role


def api_routes(app: FastAPI) -> APIRouter:
    """Make the routes below `/console/api`."""
    router = APIRouter(prefix="/api", tags=["console"])

    @router.get("/me", summary="Name and role of the caller")
    def me(person: Viewer) -> Caller:
        return Caller(name=person.name, role=person.role)

    @router.get("/models", summary="What serves, by model")
    def models(_: Viewer, console: Running) -> Sequence[ServingModel]:
        return serving_models(console.artifacts, console.models)

    @router.get("/openapi.json", include_in_schema=False)
    def openapi(_: Viewer) -> dict[str, Any]:
        return app.openapi()

    return router
