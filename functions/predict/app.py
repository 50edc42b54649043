"""The FastAPI application of one model."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from functions.predict import problems
from functions.predict.card import card_routes
from functions.predict.documentation import DOCS_PATH, DocumentedApi, documentation_routes
from functions.predict.faults import FaultReport
from functions.predict.information import greeting, information_routes
from functions.predict.middleware import RequestBoundary
from functions.predict.outcomes import outcome_routes
from functions.predict.predictions import prediction_routes
from functions.predict.schemas import Greeting
from functions.predict.security import allow_origins
from modelfleet.bootstrap.serving import PredictService, running_service
from modelfleet.spec.model import ModelSpec

API_VERSION = "1"


def create_app(service: PredictService) -> FastAPI:
    """Build the application; all its routes are below `/<model>`."""
    spec, settings, telemetry = service.spec, service.settings, service.telemetry
    report = FaultReport(spec.features, detailed=settings.details_enabled)
    app = DocumentedApi(
        title=spec.title,
        description=spec.description,
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    routers = [
        information_routes(spec, service.predictor),
        prediction_routes(service, report),
        outcome_routes(service),
        card_routes(spec.name, service.cards, documented=settings.docs_enabled),
    ]
    if settings.docs_enabled:
        routers.append(documentation_routes(app, spec.name, settings.stage))
    routers.append(_root(spec, routers))
    for router in routers:
        app.include_router(router, prefix=f"/{spec.name}")
    problems.install(app, telemetry, report, service.refusals)
    app.add_middleware(
        RequestBoundary,
        telemetry=telemetry,
        maximum_body_bytes=settings.maximum_body_bytes,
    )
    allow_origins(app, settings.allowed_origins)
    return app


def _root(spec: ModelSpec, routers: list[APIRouter]) -> APIRouter:
    root = APIRouter(tags=["information"])
    paths = sorted(
        f"/{spec.name}{route.path}"
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and not route.path.startswith(f"{DOCS_PATH}/")
    )

    async def hello() -> Greeting:
        return greeting(spec, paths)

    root.add_api_route("/", hello, summary="Routes of this model")
    # API Gateway also forwards the model's path without a trailing slash.
    root.add_api_route("", hello, include_in_schema=False)
    return root


def from_environment() -> FastAPI:
    """Build the application configured by the environment."""
    return create_app(running_service())


def __getattr__(name: str) -> Any:
    """Build `app` at first access, because importing this module must not read anything."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    app = globals()["app"] = from_environment()
    return app
