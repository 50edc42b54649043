"""The routes that predict and explain."""

from itertools import chain
from typing import Any

from fastapi import APIRouter, Request

from functions.predict import answers, problems
from functions.predict.answer_kinds import answer_kinds
from functions.predict.answers import Answer
from functions.predict.faults import FaultReport, refused_values
from functions.predict.json_route import JsonRoute
from functions.predict.rows import Rows, RowsRoute
from functions.predict.schemas import (
    BATCH_KEY,
    RANKED_ROWS,
    RankingAnswer,
    batch_request,
    rows_request,
)
from modelfleet.bootstrap.serving import PredictService
from modelfleet.serving.explain import Explainer
from modelfleet.serving.score import Call, Predictor
from modelfleet.spec.features import row_of
from modelfleet.spec.model import ModelSpec

_PROBLEMS = problems.responses(400, 413, 422, 500, 503)


def prediction_routes(service: PredictService, report: FaultReport) -> APIRouter:
    """Make `/predict`, `/predict/batch`, and `/explain`, and `/score` if the spec declares it."""
    router = APIRouter(tags=["predictions"])
    spec, predictor = service.spec, service.predictor
    _add_predict(router, spec, predictor)
    _add_batch(router, service, report)
    _add_explain(router, spec, service.explainer)
    if spec.serving.ranked_as is not None:
        _add_score(router, spec, predictor, spec.serving.ranked_as)
    return router


def example(body: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI extension with an example of the body."""
    return {"requestBody": {"content": {"application/json": {"example": body}}}}


def call_of(request: Request) -> Call:
    """Return the context that the middleware attached to the request."""
    call: Call = request.state.call
    return call


def _add_predict(router: APIRouter, spec: ModelSpec, predictor: Predictor) -> None:
    features = spec.features

    def predict(request: Request, row: features) -> Answer:  # type: ignore[valid-type]  # the class is the model's own
        made = predictor.predict([row_of(row)], call_of(request))
        return answers.single(spec, made)

    _add(
        router,
        "/predict",
        predict,
        summary="Predict one row",
        response_model=answer_kinds(spec).single,
        openapi_extra=example(features.example()),
    )


def _add_batch(router: APIRouter, service: PredictService, report: FaultReport) -> None:
    spec, predictor = service.spec, service.predictor
    body = batch_request(spec.features)

    def predict_batch(request: Request, batch: body) -> Answer:  # type: ignore[valid-type]  # as above
        rows: Rows = batch
        call = call_of(request)
        made = predictor.predict(rows.valid, call, rows.entities)
        if rows.faults:
            faults = chain.from_iterable(rows.faults.values())
            service.refusals.record(call, refused_values(faults))
        return answers.batch(spec, made, rows, report)

    _add(
        router,
        "/predict/batch",
        predict_batch,
        route_class=RowsRoute,
        summary="Predict up to 1,000 rows",
        description=(
            "Each row's prediction, or an error if the row is not valid, is at the row's index. "
            "With `strict`, a single invalid row rejects the whole batch. During a release, a row "
            "with an `entity_id` is answered by the version of its entity."
        ),
        response_model=answer_kinds(spec).batch,
        openapi_extra=example({BATCH_KEY: [spec.features.example()]}),
    )


def _add_explain(router: APIRouter, spec: ModelSpec, explainer: Explainer) -> None:
    features = spec.features

    def explain(request: Request, row: features) -> Answer:  # type: ignore[valid-type]  # as above
        return answers.explained(spec.name, explainer.explain(row_of(row), call_of(request)))

    _add(
        router,
        "/explain",
        explain,
        summary="Explain a prediction",
        description=(
            "Shapley values of the features relative to training rows. Explanations of a row by "
            "the same version are identical, and are not captured."
        ),
        response_model=answer_kinds(spec).explanation,
        openapi_extra=example(features.example()),
    )


def _add_score(router: APIRouter, spec: ModelSpec, predictor: Predictor, key: str) -> None:
    body = rows_request(key, spec.features)

    def score(request: Request, batch: body) -> Answer:  # type: ignore[valid-type]  # as above
        call = call_of(request)
        made = predictor.predict([row_of(row) for row in getattr(batch, RANKED_ROWS)], call)
        return answers.ranking(spec.name, made, call.request_id)

    _add(
        router,
        "/score",
        score,
        summary=f"Probabilities to rank {key} by",
        description="An invalid row rejects the request, because it could not be ranked.",
        response_model=RankingAnswer,
        openapi_extra=example({key: [spec.features.example()]}),
    )


def _add(
    router: APIRouter,
    path: str,
    endpoint: Any,
    *,
    route_class: type[JsonRoute] = JsonRoute,
    **declared: Any,
) -> None:
    router.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        route_class_override=route_class,
        responses=_PROBLEMS,
        **declared,
    )
