"""The page on which people try a model, and its ranking of an uploaded table."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from functions.console.access import Running, Viewer
from functions.console.pages.model import Days, Spec, Stored, model_tab
from functions.console.view import base_of
from modelfleet.console.views.documents import Documents
from modelfleet.console.views.trying.page import TryPage, try_page
from modelfleet.console.views.trying.ranking import Ranking, as_csv, rank
from modelfleet.spec.errors import CallError, TableError
from modelfleet.spec.model import ModelSpec

_PATH = "/models/{model}/try"
_DOWNLOAD = "download"
# Rows of a ranking that the page shows; the download has all.
_SHOWN = 50


def try_routes() -> APIRouter:
    """Make the routes of the page."""
    router = APIRouter(include_in_schema=False)
    # Rows of personal data are posted, so that no address or access log contains them.
    router.add_api_route(_PATH, _try, name="try a model", methods=["GET", "POST"])
    router.add_api_route(f"{_PATH}/ranking", _rank, name="rank a table", methods=["POST"])
    router.add_api_route(f"{_PATH}/ranking", _form, name="form of a ranking")
    return router


def _form(_: Viewer, console: Running, spec: Spec) -> Response:
    """Return to the form: an uploaded table has no address."""
    return RedirectResponse(f"{base_of(console)}/models/{spec.name}/try", 303)


async def _sent(request: Request) -> Mapping[str, str]:
    """Return the fields of the address or the form; of several with a name, the last."""
    found = dict(request.query_params)
    if request.method == "POST":
        form = await request.form()
        found |= {name: value for name, value in form.items() if isinstance(value, str)}
    return found


def _try(
    request: Request,
    _: Viewer,
    console: Running,
    documents: Stored,
    spec: Spec,
    period: Days,
    sent: Annotated[Mapping[str, str], Depends(_sent)],
) -> HTMLResponse:
    shown = try_page(spec, documents, console.now, console.predict(spec.name), sent)
    return _shown(request, spec, period, shown)


def _rank(
    request: Request,
    _: Viewer,
    console: Running,
    documents: Stored,
    spec: Spec,
    period: Days,
    table: Annotated[UploadFile, File()],
    action: Annotated[str, Form()] = "",
) -> Response:
    function = console.predict(spec.name)
    found: Ranking | None = None
    refusal = ""
    try:
        found = rank(spec, function, _champion(documents, spec), table.file.read())
    except (TableError, CallError) as error:
        refusal = str(error)
    if found and action == _DOWNLOAD:
        headers = {"content-disposition": f'attachment; filename="{spec.name}-ranked.csv"'}
        return Response(as_csv(found), media_type="text/csv", headers=headers)
    shown = try_page(spec, documents, console.now, function, {})
    return _shown(request, spec, period, shown, found, refusal)


def _champion(documents: Documents, spec: ModelSpec) -> str:
    pointer = documents.model(spec.name).pointer
    if pointer is None:
        raise TableError("No version serves yet.")
    return pointer.champion


def _shown(
    request: Request,
    spec: ModelSpec,
    period: Days,
    shown: TryPage,
    ranking: Ranking | None = None,
    refusal: str = "",
) -> HTMLResponse:
    return model_tab(
        request,
        "try",
        "/try",
        spec,
        period,
        shown,
        ranking=ranking,
        refusal=refusal,
        most=_SHOWN,
    )
