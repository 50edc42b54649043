"""The route of the model card."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from functions.predict import problems
from modelfleet.pages import policy as page_policy
from modelfleet.pages.neighbors import Neighbor, with_neighbors
from modelfleet.resource_names import CONSOLE_PATH
from modelfleet.serving.card import CardReader

CARD_PATH = "/card"


def card_routes(model: str, reader: CardReader, *, documented: bool) -> APIRouter:
    """Make the route `/card`, whose page links to the console and, if it is on, to `/docs`."""
    neighbors = [Neighbor("Console", f"../{CONSOLE_PATH}/models/{model}")]
    neighbors += [Neighbor("API documentation", "docs")] * documented
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
        page = with_neighbors(content, neighbors)
        return HTMLResponse(page, headers={page_policy.HEADER: page_policy.SERVED_PAGE})

    return router
