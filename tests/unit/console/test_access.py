"""Sessions, forms, tokens of programs, headers, limits, and the audit log."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import APIRouter
from httpx2 import Response

from functions.console.access import SESSION_COOKIE, Operator
from functions.console.view import PREFIX
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import memory_store
from modelfleet.console.access.ended import EndedSessions, Endings
from modelfleet.console.access.rate import RateLimit
from modelfleet.console.access.role import Person, Role
from modelfleet.console.access.seal import Purpose, Seals
from modelfleet.console.access.session import SESSION_LASTS, Sessions
from modelfleet.spec.errors import ConflictError
from modelfleet.storage import keys
from tests.console import BASE, CLIENT, SIGN_IN, RunningConsole, UserPool, unsigned

CSP = "content-security-policy"


@pytest.fixture
def with_action(running: RunningConsole) -> RunningConsole:
    """A console with a route that changes something."""
    router = APIRouter()

    @router.post("/models/{model}/roll-back")
    def roll_back(person: Operator, model: str) -> dict[str, str]:
        if model == "taken":
            raise ConflictError("version 8 was promoted meanwhile")
        return {"by": person.name}

    running.app.include_router(router, prefix=PREFIX)
    running.app.include_router(router, prefix=f"{PREFIX}/api")
    return running


def act(running: RunningConsole, role: Role, model: str = "toy", **form: str) -> Response:
    """Send the form of the action; return its response."""
    session = running.session(role)
    sent = {"csrf": running.token(session), "reason": "worse since Tuesday"} | form
    return running.browser(session).post(f"/console/models/{model}/roll-back", data=sent)


def test_sessions_expire(running: RunningConsole) -> None:
    """After a working day, a person signs in again."""
    browser = running.browser(running.session(Role.VIEWER))
    running.wait(SESSION_LASTS - timedelta(seconds=1))
    assert browser.get("/console").status_code == 200
    running.wait(timedelta(seconds=2))
    answer = browser.get("/console?state=drift")
    assert answer.headers["location"] == f"{BASE}/sign-in?next=%3Fstate%3Ddrift"


def test_altered_sessions_are_worth_nothing(running: RunningConsole) -> None:
    """Whoever changes the role in a cookie is signed out."""
    value = running.console.sessions.value(running.session(Role.VIEWER))
    content, _, signature = value.partition(".")
    forged = Seals(FixedKeys(b"other"), running.console.now).seal(
        Purpose.SESSION, ["1", "ada", "admin"]
    )
    for other in ("", "x", f"{content}x.{signature}", value[:-1], forged, value * 100):
        browser = running.browser()
        browser.cookies.set(SESSION_COOKIE, other)
        assert browser.get("/console").status_code == 303


def test_a_rotated_key_ends_no_session() -> None:
    """The previous key is still accepted, and a new one is read when it is needed."""
    at = datetime(2026, 12, 1, tzinfo=UTC)
    old, new = (Sessions(Seals(FixedKeys(*keys), lambda: at)) for keys in ((b"a",), (b"b", b"a")))
    session = old.begin(Person("ada", Role.VIEWER))
    assert new.read(old.value(session)) == session
    assert old.read(new.value(session)) is None


def test_signing_out_ends_the_session_everywhere(running: RunningConsole) -> None:
    """A copy of the cookie is worth nothing afterwards; other sessions go on."""
    session, other = running.session(Role.VIEWER), running.session(Role.VIEWER)
    answer = running.browser(session).post(
        "/console/sign-out", data={"csrf": running.token(session)}
    )
    assert answer.headers["location"].startswith(f"{SIGN_IN}/logout?client_id={CLIENT}&logout_uri=")
    assert f'{SESSION_COOKIE}=""' in answer.headers["set-cookie"]
    assert running.browser(session).get("/console").status_code == 303
    assert running.browser(other).get("/console").status_code == 200
    assert [each.action for each in running.records()] == ["sign_out"]


def test_all_sessions_of_a_person_can_be_ended(running: RunningConsole) -> None:
    """When someone leaves; a session that begins later is valid."""
    session, other = running.session(Role.ADMIN), running.session(Role.ADMIN, "bea")
    running.console.endings.end_all("ada", running.time)
    assert running.browser(session).get("/console").status_code == 303
    assert running.browser(other).get("/console").status_code == 200
    running.wait(timedelta(seconds=1))
    assert running.browser(running.session(Role.ADMIN)).get("/console").status_code == 200


def test_ended_sessions_are_forgotten_once_they_have_expired() -> None:
    """The list stays small."""
    at = datetime(2026, 12, 1, tzinfo=UTC)
    sessions = Sessions(Seals(FixedKeys(b"a"), lambda: at))
    session = sessions.begin(Person("ada", Role.VIEWER))
    ended = EndedSessions().with_session(session, at).with_person("ada", at)
    later = at + SESSION_LASTS + timedelta(seconds=1)
    assert ended.with_person("bea", later) == EndedSessions(people={"bea": later})


def test_an_unreadable_list_of_ended_sessions_lets_nobody_in(running: RunningConsole) -> None:
    """Someone who signed out could otherwise come back."""
    running.artifacts.put(keys.ended_sessions(), b"{")
    answer = running.browser(running.session(Role.ADMIN)).get("/console")
    assert answer.status_code == 503


def test_a_session_is_ended_once() -> None:
    """Of two that end it, one is told that it was first."""
    store, at = memory_store(), datetime(2026, 12, 1, tzinfo=UTC)
    session = Sessions(Seals(FixedKeys(b"a"), lambda: at)).begin(Person("ada", Role.VIEWER))
    assert Endings(store).end(session, at)
    assert not Endings(store).end(session, at)


@pytest.mark.parametrize("token", ["", "x", "of another session"])
def test_forms_of_other_sites_are_refused(with_action: RunningConsole, token: str) -> None:
    """Nothing happens without the token of one of the session's own pages."""
    sent = with_action.token(with_action.session(Role.ADMIN)) if " " in token else token
    answer = act(with_action, Role.ADMIN, csrf=sent)
    assert answer.status_code == 403
    assert with_action.records() == []


def test_an_action_is_audited_with_name_reason_and_address(with_action: RunningConsole) -> None:
    """Under the name of the person, before it is carried out."""
    answer = act(with_action, Role.OPERATOR)
    assert answer.json() == {"by": "ada"}
    (record,) = with_action.records()
    assert (record.by, record.action, record.subject) == ("ada", "roll_back", "toy")
    assert record.reason == "worse since Tuesday"
    assert record.origin.address == "testclient"
    assert record.origin.request_id == answer.headers["x-request-id"]
    assert record.allowed


def test_an_action_needs_a_reason(with_action: RunningConsole) -> None:
    """Blanks are none."""
    assert act(with_action, Role.OPERATOR, reason=" ").status_code == 422
    assert with_action.records() == []


def test_a_refusal_is_a_page_and_is_audited(with_action: RunningConsole) -> None:
    """It says which role would be allowed to."""
    answer = act(with_action, Role.VIEWER)
    assert answer.status_code == 403
    assert "requires the role operator" in answer.text
    assert [each.allowed for each in with_action.records()] == [False]


def test_someone_who_was_slower_is_told_what_happened(with_action: RunningConsole) -> None:
    """Of two who click at once, one gets a clear refusal."""
    answer = act(with_action, Role.OPERATOR, model="taken")
    assert answer.status_code == 409
    assert "version 8 was promoted meanwhile" in answer.text


def test_programs_call_the_api_with_an_access_token(with_action: RunningConsole) -> None:
    """Without a cookie, and hence without the token of a form."""
    browser, token = with_action.browser(), with_action.pool.access_token()
    bearer = {"authorization": f"Bearer {token}"}
    assert browser.get("/console/api/me", headers=bearer).json() == {
        "name": "ada",
        "role": "operator",
    }
    assert browser.get("/console/api/models", headers=bearer).json()[0]["name"] == "toy"
    acted = browser.post(
        "/console/api/models/toy/roll-back", headers=bearer, json={"reason": "worse"}
    )
    assert acted.json() == {"by": "ada"}
    assert [each.reason for each in with_action.records()] == ["worse"]


def test_tokens_open_no_pages(with_action: RunningConsole) -> None:
    """They are for the JSON API."""
    bearer = {"authorization": f"Bearer {with_action.pool.access_token()}"}
    assert with_action.browser().get("/console", headers=bearer).status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"token_use": "id"},
        {"client_id": "another client"},
        {"iss": "https://pool.example/pool-2"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"cognito:groups": []},
        {"cognito:groups": "admin"},
        {"username": ""},
    ],
    ids=str,
)
def test_other_tokens_are_refused(running: RunningConsole, changes: dict[str, object]) -> None:
    """Of another kind, client, or pool, expired, or of someone without a role."""
    bearer = {"authorization": f"Bearer {running.pool.access_token(**changes)}"}
    answer = running.browser().get("/console/api/me", headers=bearer)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_forged_tokens_are_refused(running: RunningConsole) -> None:
    """Signed by nobody, by a stranger, or with the public key; or no tokens at all."""
    pool = running.pool
    claims = pool.claims(token_use="access", client_id=CLIENT, username="eve")
    forged = [
        unsigned(claims),
        pool.sign(claims, pool.stranger),
        pool.signed_with_public_key(claims),
        pool.sign(claims)[:-4],
        "a.b.c",
        "",
        "é",
    ]
    for token in forged:
        header = f"Bearer {token}".encode()
        answer = running.browser().get("/console/api/me", headers={b"authorization": header})
        assert answer.status_code == 401


def test_the_api_documents_itself(running: RunningConsole) -> None:
    """Its routes and its token, and none of the pages."""
    browser = running.browser(running.session(Role.VIEWER))
    document = browser.get("/console/api/openapi.json").json()
    assert set(document["paths"]) == {"/console/api/me", "/console/api/models"}
    assert document["security"] == [{"bearer": []}]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/sign-in",
        "/signed-out",
        "/nothing",
        "/api/me",
        "/static/console.css",
        "/static/nothing",
    ],
)
def test_every_response_has_the_security_headers(running: RunningConsole, path: str) -> None:
    """Also redirects and errors."""
    for browser in (running.browser(), running.browser(running.session(Role.VIEWER))):
        headers = browser.get(f"/console{path}").headers
        policy = dict(part.strip().split(" ", 1) for part in headers[CSP].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == f"'self' {SIGN_IN}"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"]
        assert headers["x-request-id"]


def test_pages_have_nothing_inline(running: RunningConsole) -> None:
    """The policy would block it."""
    page = running.browser(running.session(Role.ADMIN)).get("/console").text
    assert " style=" not in page
    assert "<style" not in page
    assert " on" not in [part[:3] for part in page.split("<")]
    assert page.count("<script") == page.count("<script src=")


def test_an_unexpected_error_says_nothing(running: RunningConsole) -> None:
    """A page with the request ID; the log has the rest."""
    router = APIRouter()

    @router.get("/broken")
    def broken(_: Operator) -> None:
        raise RuntimeError("secret")

    running.app.include_router(router, prefix=PREFIX)
    answer = running.browser(running.session(Role.OPERATOR)).get("/console/broken")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text


def test_large_bodies_are_refused(with_action: RunningConsole) -> None:
    """Before anything reads them."""
    assert act(with_action, Role.OPERATOR, reason="x" * 6_000_000).status_code == 413


def test_callers_are_limited_one_by_one(running: RunningConsole) -> None:
    """One person's script does not keep the others out."""
    session, other = running.session(Role.VIEWER), running.session(Role.VIEWER, "bea")
    running.app.state.limits.people = RateLimit(1, 2, lambda: 0.0)
    browser = running.browser(session)
    assert [browser.get("/console").status_code for _ in range(3)] == [200, 200, 429]
    assert running.browser(other).get("/console").status_code == 200


def test_a_limit_recovers_with_time() -> None:
    """A call per second, after two at once."""
    now = 0.0
    limit = RateLimit(1, 2, lambda: now)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    now = 1.0
    assert [limit.allows("a") for _ in range(2)] == [True, False]


def test_names_are_text_on_every_page(pool: UserPool) -> None:
    """Whoever may name people or models cannot run scripts."""
    running = RunningConsole(pool, {})
    session = running.session(Role.VIEWER, "<img src=x onerror=alert(1)>")
    page = running.browser(session).get("/console").text
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_the_theme_is_kept(running: RunningConsole) -> None:
    """A choice that no theme has is the system's."""
    session = running.session(Role.VIEWER)
    browser = running.browser(session)
    browser.cookies.set("modelfleet-theme", "dark")
    assert 'data-theme="dark"' in browser.get("/console").text
    browser.cookies.set("modelfleet-theme", '"><script>')
    assert 'data-theme="system"' in browser.get("/console").text
