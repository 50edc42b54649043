"""The routes with information about the API and its current version."""

from fastapi import APIRouter

from functions.predict import problems
from functions.predict.card import CARD_PATH
from functions.predict.schemas import (
    ChallengerInformation,
    Greeting,
    Health,
    ModelInformation,
    Readiness,
)
from modelfleet.registry.manifest import CARD_FILE
from modelfleet.serving.follow import Release
from modelfleet.serving.score import Predictor
from modelfleet.spec.model import ModelSpec


def information_routes(spec: ModelSpec, predictor: Predictor) -> APIRouter:
    """Make the routes `/health`, `/ready`, and `/model`."""
    router = APIRouter(tags=["information"])

    @router.get("/health", summary="Liveness")
    async def health() -> Health:
        return Health()

    @router.get("/ready", summary="Readiness", responses=problems.responses(500, 503))
    async def ready() -> Readiness:
        version = predictor.release().champion.manifest.version
        return Readiness(model=spec.name, version=version)

    @router.get("/model", summary="Current version", responses=problems.responses(500, 503))
    async def model() -> ModelInformation:
        return _information(spec, predictor.release())

    return router


def greeting(spec: ModelSpec, routes: list[str]) -> Greeting:
    """Describe the API at its root path."""
    return Greeting(
        model=spec.name,
        title=spec.title,
        description=spec.description,
        task=spec.task,
        routes=routes,
    )


def _information(spec: ModelSpec, release: Release) -> ModelInformation:
    manifest, pointer = release.champion.manifest, release.pointer
    challenger = pointer.challenger
    return ModelInformation(
        title=spec.title,
        description=spec.description,
        target=spec.target,
        challenger=ChallengerInformation(**challenger.model_dump()) if challenger else None,
        previous=pointer.previous,
        released_at=pointer.written_at,
        # Relative, because API Gateway removes the stage from the path that the application sees.
        card=CARD_PATH.removeprefix("/") if CARD_FILE in manifest.files else None,
        **{name: getattr(manifest, name) for name in _FROM_MANIFEST},
    )


_FROM_MANIFEST = frozenset(ModelInformation.model_fields) - {
    "title",
    "description",
    "target",
    "challenger",
    "previous",
    "released_at",
    "card",
}
