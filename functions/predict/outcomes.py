"""The route that reports outcomes."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from functions.predict import problems
from functions.predict.answer_kinds import answer_kinds
from functions.predict.answers import Answer
from functions.predict.json_route import JsonRoute
from functions.predict.predictions import call_of, example
from functions.predict.schemas import feedback_example, feedback_request
from modelfleet.bootstrap.serving import PredictService
from modelfleet.outcomes.entities import ENTITY_ID
from modelfleet.outcomes.report import EntityReport, Feedback
from modelfleet.spec.errors import NotPermittedError


class _ReportRoute(JsonRoute):
    """A route for clients that may report outcomes; others are refused before the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make the function that handles requests."""
        handle = super().get_route_handler()

        async def permitted(request: Request) -> Response:
            if not call_of(request).may_report:
                raise NotPermittedError(
                    "This API key may not report outcomes; ask the API's operator to permit it "
                    "(fleet clients set CLIENT --outcomes)."
                )
            return await handle(request)

        return permitted


def outcome_routes(service: PredictService) -> APIRouter:
    """Make the route `/feedback`."""
    spec, recorder = service.spec, service.recorder
    router = APIRouter(tags=["predictions"])
    kinds = answer_kinds(spec)
    body = feedback_request(kinds.actual)

    def feedback(request: Request, outcome: body) -> Answer:  # type: ignore[valid-type]  # the class is the model's own
        sent = outcome.model_dump(mode="json", exclude_unset=True)  # type: ignore[attr-defined]  # as above
        call = call_of(request)
        common = {
            "model": spec.name,
            "actual": sent["actual"],
            "received_at": datetime.now(UTC),
            "request_id": call.request_id,
            "client": call.client,
        }
        corrected = False
        if ENTITY_ID in sent:
            report = EntityReport(entities=(), **common)
            recorder.record_entity(str(sent[ENTITY_ID]), report)
        else:
            corrected = recorder.record(Feedback(prediction_id=sent["prediction_id"], **common))
        service.telemetry.reported(corrected=corrected)
        return {"status": "corrected" if corrected else "stored", "model": spec.name, **sent}

    router.add_api_route(
        "/feedback",
        feedback,
        methods=["POST"],
        route_class_override=_ReportRoute,
        status_code=202,
        summary="Report an outcome",
        description=(
            "The outcome is stored before the response. A different outcome for the same "
            "prediction corrects it; the same one changes nothing. The outcome of an entity is "
            "that of its newest prediction. Use the API key that requested the prediction, which "
            "needs the permission to report outcomes; predictions of other keys return 404."
        ),
        response_model=kinds.feedback,
        responses=problems.responses(400, 403, 404, 409, 413, 422, 500, 503),
        openapi_extra=example(feedback_example(kinds.example)),
    )
    return router
