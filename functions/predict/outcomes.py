"""The route that reports outcomes."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from functions.predict import problems
from functions.predict.answer_kinds import answer_kinds
from functions.predict.answers import Answer
from functions.predict.json_route import JsonRoute
from functions.predict.predictions import call_of, example
from functions.predict.schemas import feedback_example, feedback_request
from modelfleet.outcomes.entities import ENTITY_ID
from modelfleet.outcomes.report import EntityReport, Feedback, FeedbackRecorder
from modelfleet.spec.model import ModelSpec


def outcome_routes(spec: ModelSpec, recorder: FeedbackRecorder) -> APIRouter:
    """Make the route `/feedback`."""
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
        return {"status": "corrected" if corrected else "stored", "model": spec.name, **sent}

    router.add_api_route(
        "/feedback",
        feedback,
        methods=["POST"],
        route_class_override=JsonRoute,
        status_code=202,
        summary="Report an outcome",
        description=(
            "The outcome is stored before the response. A different outcome for the same "
            "prediction corrects it; the same one changes nothing. The outcome of an entity is "
            "that of its newest prediction. Use the API key that requested the prediction; "
            "predictions of other keys return 404."
        ),
        response_model=kinds.feedback,
        responses=problems.responses(400, 404, 409, 413, 422, 500, 503),
        openapi_extra=example(feedback_example(kinds.example)),
    )
    return router
