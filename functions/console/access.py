"""Who may use a route: each route declares a role, or that it is open to all.

Routes that change something are also protected against requests that another site makes a browser
send, and are written to the audit log before they run.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from functions.console.faults import (
    FormError,
    NotAllowedError,
    NotSignedInError,
    ReasonError,
    TooManyRequestsError,
)
from functions.console.tokens import AccessTokens
from functions.console.view import PREFIX
from modelfleet.bootstrap.console import Console
from modelfleet.console.access.audit import Origin
from modelfleet.console.access.rate import RateLimit
from modelfleet.console.access.role import Person, Role
from modelfleet.console.access.session import Session

API = f"{PREFIX}/api"
SESSION_COOKIE = "modelfleet-session"
FORM_FIELD, FORM_HEADER = "csrf", "x-csrf-token"
REASON_FIELD = "reason"
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_REASON_LENGTH = 1_000
_BEARER = "bearer "


class Limits:
    """How often people, and addresses without a person, may call one container."""

    def __init__(self) -> None:
        self.people = RateLimit(per_second=10, burst=100)
        # An office shares an address.
        self.addresses = RateLimit(per_second=10, burst=200)


class Open:
    """Dependency of a route that needs no sign-in; limits each address."""

    async def __call__(self, request: Request) -> None:
        """Count the request.

        Raises
        ------
        TooManyRequestsError
            If this address calls too often.
        """
        limits: Limits = request.app.state.limits
        if not limits.addresses.allows(origin(request).address):
            raise TooManyRequestsError


class AtLeast:
    """Dependency of a route that requires a role; returns the person."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Person:
        """Return the person.

        Raises
        ------
        NotSignedInError
            If there is neither a valid session nor, for the JSON API, a valid token.
        TooManyRequestsError
            If the person calls too often.
        NotAllowedError
            If the person's role does not allow this.
        FormError
            If a change was not sent from one of the session's own pages.
        ReasonError
            If a change that requires more than the lowest role states no reason.
        """
        person, session = await self._identify(request)
        request.state.session = session
        limits: Limits = request.app.state.limits
        if not limits.people.allows(person.name):
            raise TooManyRequestsError
        await self._check(request, person, session)
        return person

    async def _identify(self, request: Request) -> tuple[Person, Session | None]:
        sent = request.headers.get("authorization", "")
        if request.url.path.startswith(f"{API}/") and sent.lower().startswith(_BEARER):
            tokens: AccessTokens = request.app.state.tokens
            person = await tokens.person(sent[len(_BEARER) :].strip())
            if person is None:
                raise NotSignedInError
            # Browsers never send tokens by themselves, so no other site can use one.
            return person, None
        session = await run_in_threadpool(session_of, request)
        if session is None:
            raise NotSignedInError
        return session.person, session

    async def _check(self, request: Request, person: Person, session: Session | None) -> None:
        changes = request.method not in _SAFE_METHODS
        sent = await _sent(request) if changes else {}
        console: Console = request.app.state.console
        token = request.headers.get(FORM_HEADER) or str(sent.get(FORM_FIELD, ""))
        if changes and session and not console.sessions.is_form_token(session, token):
            raise FormError
        allowed = person.role.allows(self.role)
        reason = str(sent.get(REASON_FIELD, "")).strip()[:_REASON_LENGTH]
        needs_reason = changes and self.role is not Role.VIEWER
        if allowed and needs_reason and not reason:
            raise ReasonError
        if needs_reason or not allowed:
            await run_in_threadpool(_audit, request, person, reason, allowed=allowed)
        if not allowed:
            raise NotAllowedError(self.role)


signed_in = AtLeast(Role.VIEWER)
open_to_all = Open()
_AT_LEAST = {role: AtLeast(role) for role in Role} | {Role.VIEWER: signed_in}


def at_least(role: Role) -> AtLeast:
    """Return the dependency of routes that require a role."""
    return _AT_LEAST[role]


def running_console(request: Request) -> Console:
    """Return what the application was built with."""
    console: Console = request.app.state.console
    return console


def session_of(request: Request) -> Session | None:
    """Return the session of a request's cookie; `None` if there is none, or it has ended.

    Raises
    ------
    AccessError
        If the list of ended sessions is not readable.
    """
    console = running_console(request)
    session = console.sessions.read(request.cookies.get(SESSION_COOKIE, ""))
    return None if session is None or console.endings.is_ended(session) else session


def origin(request: Request) -> Origin:
    """Return where a request came from; API Gateway knows the address, headers may lie."""
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    address = context.get("identity", {}).get("sourceIp")
    if not address:
        address = request.client.host if request.client else ""
    return Origin(address=address, request_id=request.state.request_id)


def _audit(request: Request, person: Person, reason: str, *, allowed: bool) -> None:
    running_console(request).audit.write(
        person,
        request.scope["route"].name,
        origin(request),
        subject="/".join(map(str, request.path_params.values())),
        reason=reason,
        allowed=allowed,
    )


async def _sent(request: Request) -> Mapping[str, Any]:
    """Return the fields of a form or of a JSON object; none if the body is neither."""
    if request.headers.get("content-type", "").startswith(_FORMS):
        return await request.form()
    try:
        content = await request.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


Viewer = Annotated[Person, Depends(signed_in)]
Operator = Annotated[Person, Depends(at_least(Role.OPERATOR))]
Admin = Annotated[Person, Depends(at_least(Role.ADMIN))]
Running = Annotated[Console, Depends(running_console)]
