"""The route that reports outcomes."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from functions.predict import problems
from functions.predict.answer_kinds import answer_kinds
from functions.predict.answers import Answer
from functions.predict.json_route import JsonRoute
from functions.predict.predictions import call_of, example
from functions.predict.schemas import feedback_example, feedback_request
from modelfleet.outcomes.report import Feedback, FeedbackRecorder
from modelfleet.spec.model import ModelSpec


def outcome_routes(spec: ModelSpec, recorder: FeedbackRecorder) -> APIRouter:
    """Make the route `/feedback`."""
    router = APIRouter(tags=["predictions"])
    kinds = answer_kinds(spec)
    body = feedback_request(kinds.actual)

    def feedback(request: Request, outcome: body) -> Answer:  # type: ignore[valid-type]  # the class is the model's own
        values = outcome.model_dump(mode="json")  # type: ignore[attr-defined]  # as above
        call = call_of(request)
        stored = Feedback(
            **values,
            model=spec.name,
            received_at=datetime.now(UTC),
            request_id=call.request_id,
            client=call.client,
        )
        recorder.record(stored)
        return {"status": "stored", "model": spec.name, **values}

    router.add_api_route(
        "/feedback",
        feedback,
        methods=["POST"],
        route_class_override=JsonRoute,
        status_code=202,
        summary="Report an outcome",
        description=(
            "The outcome is stored before the response. Sending the same outcome again is allowed; "
            "a different one for the same prediction returns 409. Use the API key that requested "
            "the prediction; predictions of other keys return 404."
        ),
        response_model=kinds.feedback,
        responses=problems.responses(400, 404, 409, 413, 422, 500, 503),
        openapi_extra=example(feedback_example(kinds.example)),
    )
    return router
