"""The route of the model card."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from functions.predict import problems
from modelfleet.pages import policy as page_policy
from modelfleet.serving.card import CardReader

CARD_PATH = "/card"


def card_routes(reader: CardReader) -> APIRouter:
    """Make the route `/card`."""
    router = APIRouter(tags=["information"])

    @router.get(
        CARD_PATH,
        summary="Model card of the current version, as a page",
        response_class=HTMLResponse,
        responses=problems.responses(404, 500, 503),
    )
    async def card() -> Response:
        content = reader.card()
        if content is None:
            raise HTTPException(404)
        return HTMLResponse(content, headers={page_policy.HEADER: page_policy.SERVED_PAGE})

    return router
