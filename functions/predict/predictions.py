"""The routes that predict."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from functions.predict import problems
from functions.predict.schemas import (
    BATCH_KEY,
    ClassificationAnswer,
    ClassificationBatchAnswer,
    Interval,
    RankingAnswer,
    RankingMeta,
    RegressionAnswer,
    RegressionBatchAnswer,
    rows_request,
)
from modelfleet.domain.prediction import Classification
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.pipelines.score import Call, Prediction, Predictions, Predictor

_PROBLEMS = problems.responses(400, 413, 422, 500, 503)


def prediction_routes(spec: ModelSpec, predictor: Predictor) -> APIRouter:
    """Make the routes `/predict` and `/predict/batch`, and `/score` where the spec asks for it."""
    router = APIRouter(tags=["predictions"])
    _add_predict(router, spec, predictor)
    _add_batch(router, spec, predictor)
    if spec.serving.ranked_as is not None:
        _add_score(router, spec, predictor, spec.serving.ranked_as)
    return router


def _add_predict(router: APIRouter, spec: ModelSpec, predictor: Predictor) -> None:
    features = spec.features

    @router.post(
        "/predict",
        summary="Predict one row",
        response_model=_single(spec.task),
        responses=_PROBLEMS,
        openapi_extra=_example(spec.features.example()),
    )
    async def predict(request: Request, row: features) -> BaseModel:  # type: ignore[valid-type]  # the class is the model's own
        made = predictor.predict([vars(row)], _call(request))
        return _answer(spec.name, made, made.items[0])


def _add_batch(router: APIRouter, spec: ModelSpec, predictor: Predictor) -> None:
    body = rows_request(BATCH_KEY, spec.features)
    answer = _batch(spec.task)

    @router.post(
        "/predict/batch",
        summary="Predict up to 1,000 rows",
        response_model=answer,
        responses=_PROBLEMS,
        openapi_extra=_example({BATCH_KEY: [spec.features.example()]}),
    )
    async def predict_batch(request: Request, batch: body) -> BaseModel:  # type: ignore[valid-type]  # as above
        made = predictor.predict(_rows(batch, BATCH_KEY), _call(request))
        answers = [_answer(spec.name, made, item) for item in made.items]
        return answer(
            model=spec.name, version=made.version, variant=made.variant, predictions=answers
        )


def _add_score(router: APIRouter, spec: ModelSpec, predictor: Predictor, key: str) -> None:
    body = rows_request(key, spec.features)

    @router.post(
        "/score",
        summary=f"Probabilities to rank {key} by",
        responses=_PROBLEMS,
        openapi_extra=_example({key: [spec.features.example()]}),
    )
    async def score(request: Request, batch: body) -> RankingAnswer:  # type: ignore[valid-type]  # as above
        call = _call(request)
        made = predictor.predict(_rows(batch, key), call)
        return _ranking(spec.name, made, call.request_id)


def _call(request: Request) -> Call:
    call: Call = request.state.call
    return call


def _rows(batch: BaseModel, key: str) -> list[dict[str, Any]]:
    return [vars(row) for row in getattr(batch, key)]


def _example(body: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"example": body}}}}


def _single(task: Task) -> type[BaseModel]:
    return ClassificationAnswer if task is Task.BINARY else RegressionAnswer


def _batch(task: Task) -> type[ClassificationBatchAnswer | RegressionBatchAnswer]:
    return ClassificationBatchAnswer if task is Task.BINARY else RegressionBatchAnswer


def _answer(
    model: str, made: Predictions, item: Prediction
) -> ClassificationAnswer | RegressionAnswer:
    shared = {
        "prediction_id": item.prediction_id,
        "model": model,
        "version": made.version,
        "variant": made.variant,
    }
    outcome = item.outcome
    if isinstance(outcome, Classification):
        return ClassificationAnswer(**shared, **outcome._asdict())
    interval = Interval(lower=outcome.lower, upper=outcome.upper, level=outcome.level)
    return RegressionAnswer(**shared, value=outcome.value, interval=interval)


def _ranking(model: str, made: Predictions, request_id: str) -> RankingAnswer:
    outcomes = [item.outcome for item in made.items]
    return RankingAnswer(
        probabilities=[o.probability for o in outcomes if isinstance(o, Classification)],
        meta=RankingMeta(
            model=model,
            version=made.version,
            variant=made.variant,
            count=len(made.items),
            prediction_ids=[item.prediction_id for item in made.items],
            request_id=request_id,
        ),
    )
