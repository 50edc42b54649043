"""Signing in at the user pool, and signing out."""

from datetime import timedelta

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import StarletteOAuth2App
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from joserfc.errors import JoseError

from functions.console.access import (
    SESSION_COOKIE,
    Running,
    Viewer,
    open_to_all,
    origin,
    running_console,
)
from functions.console.cookies import delete_cookie, set_cookie
from functions.console.faults import ProviderError, SignInError
from functions.console.tokens import person_of
from functions.console.view import page
from modelfleet.bootstrap.console import Console
from modelfleet.console.access.destination import FRONT, page_of
from modelfleet.console.access.role import Person
from modelfleet.console.access.seal import Purpose
from modelfleet.console.access.session import SESSION_LASTS, Session

SIGN_IN_COOKIE = "modelfleet-sign-in"
CALLBACK = "/signed-in"
SIGNED_OUT = "/signed-out"
_REFUSED = "console/templates/no_role.html.j2"
_NAME = "cognito:username"
# authlib keeps state, nonce, and proof key here; the page to continue with is next to them.
_STATE, _NEXT = "state", "next"
# People may have to set up a second factor first.
_SIGN_IN_LASTS = timedelta(minutes=30)


def sign_in_routes(pool: StarletteOAuth2App, *, links: bool) -> APIRouter:
    """Make the routes of signing in and out; `links` accepts signed links too."""
    router = APIRouter(include_in_schema=False)
    opened = APIRouter(dependencies=[Depends(open_to_all)])

    @opened.get("/sign-in")
    async def sign_in(request: Request, console: Running, next: str = FRONT) -> Response:  # noqa: A002  its name in addresses
        state: dict[str, object] = {}
        request.scope["session"] = state
        try:
            redirect: Response = await pool.authorize_redirect(
                request, f"{console.settings.console_url}{CALLBACK}"
            )
        except httpx2.HTTPError as error:
            raise ProviderError from error
        content = {_STATE: state, _NEXT: page_of(next)}
        sealed = console.seals.seal(Purpose.SIGN_IN, content)
        set_cookie(redirect, console, SIGN_IN_COOKIE, sealed, _SIGN_IN_LASTS)
        return redirect

    @opened.get(CALLBACK)
    async def signed_in(request: Request, console: Running) -> Response:
        sealed = request.cookies.get(SIGN_IN_COOKIE, "")
        begun = console.seals.open(Purpose.SIGN_IN, sealed, _SIGN_IN_LASTS)
        if begun is None:
            raise SignInError
        content, _ = begun
        request.scope["session"] = content[_STATE]
        claims = await _claims(request, pool)
        person = person_of(claims, _NAME)
        if person is None:
            response: Response = page(request, _REFUSED, 403, title="No role", name=claims[_NAME])
        else:
            response = await run_in_threadpool(_begin, request, person, content[_NEXT])
        delete_cookie(response, console, SIGN_IN_COOKIE)
        return response

    @router.post("/sign-out")
    def sign_out(request: Request, person: Viewer, console: Running) -> Response:
        session: Session | None = request.state.session
        if session is not None:
            console.endings.end(session, console.now())
            console.audit.write(person, "sign_out", origin(request))
        settings = console.settings
        after = httpx2.QueryParams(
            client_id=settings.client_id, logout_uri=f"{settings.console_url}{SIGNED_OUT}"
        )
        # The pool's own session would otherwise sign the next person in as this one.
        response = RedirectResponse(f"{settings.sign_in_url}/logout?{after}", 303)
        delete_cookie(response, console, SESSION_COOKIE)
        return response

    @opened.get(SIGNED_OUT)
    def signed_out(request: Request) -> HTMLResponse:
        return page(request, "console/templates/signed_out.html.j2", title="Signed out")

    if links:
        opened.add_api_route("/sign-in/link", _sign_in_by_link)
    router.include_router(opened)
    return router


def _sign_in_by_link(request: Request, console: Running, value: str) -> Response:
    linked = console.sessions.read_link(value)
    if linked is None or not console.endings.end(linked, console.now()):
        raise SignInError
    return _begin(request, linked.person, FRONT)


async def _claims(request: Request, pool: StarletteOAuth2App) -> dict[str, object]:
    try:
        token = await pool.authorize_access_token(request)
    except (AuthlibBaseError, JoseError, ValueError) as error:
        raise SignInError from error
    except httpx2.HTTPError as error:
        raise ProviderError from error
    if "userinfo" not in token:
        raise SignInError
    return dict(token["userinfo"])


def _begin(request: Request, person: Person, destination: str) -> Response:
    console: Console = running_console(request)
    console.audit.write(person, "sign_in", origin(request))
    session = console.sessions.begin(person)
    response = RedirectResponse(f"{console.settings.console_url}{page_of(destination)}", 303)
    set_cookie(response, console, SESSION_COOKIE, console.sessions.value(session), SESSION_LASTS)
    return response
