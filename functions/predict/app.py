"""The FastAPI application of one model."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from functions.predict import problems
from functions.predict.documentation import DocumentedApi, documentation_routes
from functions.predict.information import greeting, information_routes
from functions.predict.middleware import RequestBoundary
from functions.predict.predictions import prediction_routes
from functions.predict.schemas import Greeting
from modelfleet import bootstrap
from modelfleet.domain.ports import ServingTelemetry
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.score import Predictor
from modelfleet.settings import PredictSettings

API_VERSION = "1"


def create_app(
    *,
    spec: ModelSpec,
    predictor: Predictor,
    telemetry: ServingTelemetry,
    settings: PredictSettings,
) -> FastAPI:
    """Build the application; all its routes lie below `/<model>`."""
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
        information_routes(spec, predictor),
        prediction_routes(spec, predictor),
        _announced(),
    ]
    if settings.docs_enabled:
        routers.append(documentation_routes(app))
    routers.append(_root(spec, routers))
    for router in routers:
        app.include_router(router, prefix=f"/{spec.name}")
    problems.install(app, telemetry)
    app.add_middleware(
        RequestBoundary,
        telemetry=telemetry,
        maximum_body_bytes=settings.maximum_body_bytes,
    )
    return app


def _root(spec: ModelSpec, routers: list[APIRouter]) -> APIRouter:
    root = APIRouter(tags=["information"])
    paths = sorted(
        f"/{spec.name}{route.path}"
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
    )

    async def hello() -> Greeting:
        return greeting(spec, paths)

    root.add_api_route("/", hello, summary="Where this is")
    # The gateway passes the model's path on without a slash too.
    root.add_api_route("", hello, include_in_schema=False)
    return root


def _announced() -> APIRouter:
    """Routes that are part of the contract and answer 501 until they exist."""
    router = APIRouter(tags=["predictions"])

    async def not_implemented(request: Request) -> JSONResponse:
        return problems.answer(request, 501)

    for path, summary in (
        ("/explain", "How each feature contributes to a prediction"),
        ("/feedback", "Report what really happened"),
    ):
        router.add_api_route(
            path,
            not_implemented,
            methods=["POST"],
            summary=summary,
            status_code=501,
            response_model=None,
            responses=problems.responses(501),
            operation_id=path.strip("/"),
        )
    return router


def from_environment() -> FastAPI:
    """Build the application that the environment configures."""
    settings = bootstrap.predict_settings()
    return create_app(
        spec=bootstrap.model_spec(settings.model),
        predictor=bootstrap.predictor(),
        telemetry=bootstrap.serving_telemetry(settings.model),
        settings=settings,
    )


def __getattr__(name: str) -> Any:
    """Build `app` when it is first asked for, as importing this module must read nothing."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    app = globals()["app"] = from_environment()
    return app
