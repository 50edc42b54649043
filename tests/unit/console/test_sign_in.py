"""Signing in at the user pool, and what is refused on the way."""

from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from functions.console.access import SESSION_COOKIE
from functions.console.sign_in import SIGN_IN_COOKIE
from modelfleet.console.access.destination import page_of
from modelfleet.console.access.role import Person, Role
from tests.console import BASE, CLIENT, ORIGIN, SIGN_IN, RunningConsole, UserPool, unsigned


def begin(browser: TestClient, page: str = "") -> dict[str, str]:
    """Begin to sign in, and return what the sign-in pages are sent."""
    answer = browser.get("/console/sign-in", params={"next": page})
    sent = urlsplit(answer.headers["location"])
    assert f"{sent.scheme}://{sent.netloc}" == SIGN_IN
    # The browser's cookie is for the console's path behind API Gateway, which the app never sees.
    _carry(browser, answer.headers["set-cookie"])
    return {name: values[0] for name, values in parse_qs(sent.query).items()}


def _carry(browser: TestClient, header: str) -> None:
    for name, morsel in SimpleCookie(header).items():
        browser.cookies.set(name, morsel.value)


def finish(running: RunningConsole, browser: TestClient, **claims: object) -> TestClient:
    """Sign in with an ID token of these claims; return the browser."""
    sent = begin(browser, str(claims.pop("page", "")))
    usual = {"aud": CLIENT, "nonce": sent["nonce"], "token_use": "id", "cognito:username": "ada"}
    running.pool.id_token = running.pool.sign(running.pool.claims(**(usual | claims)))
    answer = browser.get("/console/signed-in", params={"code": "1", "state": sent["state"]})
    browser.headers["x-location"] = answer.headers.get("location", "")
    browser.headers["x-status"] = str(answer.status_code)
    for header in answer.headers.get_list("set-cookie"):
        _carry(browser, header)
    return browser


def test_signing_in_uses_a_code_with_a_proof_key(running: RunningConsole) -> None:
    """The code is exchanged with the verifier of the challenge that was sent."""
    browser = running.browser()
    sent = begin(browser)
    assert sent["response_type"] == "code"
    assert sent["code_challenge_method"] == "S256"
    assert sent["redirect_uri"] == f"{ORIGIN}{BASE}/signed-in"
    running.pool.id_token = running.pool.sign(
        running.pool.claims(aud=CLIENT, nonce=sent["nonce"], **{"cognito:username": "ada"})
    )
    browser.get("/console/signed-in", params={"code": "1", "state": sent["state"]})
    assert len(running.pool.exchanged["code_verifier"][0]) >= 43
    assert running.pool.exchanged["redirect_uri"] == [sent["redirect_uri"]]
    assert "client_secret" not in running.pool.exchanged


def test_a_person_is_signed_in_with_name_and_role(running: RunningConsole) -> None:
    """The session says what the ID token says, and the audit log has it."""
    browser = finish(running, running.browser(), page="/models/toy?tz=UTC")
    assert browser.headers["x-location"] == f"{ORIGIN}{BASE}/models/toy?tz=UTC"
    page = browser.get("/console")
    assert page.status_code == 200
    assert "ada" in page.text
    assert "operator" in page.text
    assert [(each.by, each.role, each.action) for each in running.records()] == [
        ("ada", Role.OPERATOR, "sign_in")
    ]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"iss": "https://pool.example/pool-2"},
        {"nonce": "another sign-in"},
        {"exp": 1_000_000_000},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_an_id_token_for_something_else_signs_nobody_in(
    running: RunningConsole, claims: dict[str, object]
) -> None:
    """A token that another client, pool, or sign-in obtained is worth nothing here."""
    browser = finish(running, running.browser(), **claims)
    assert browser.headers["x-status"] == "400"
    assert browser.get("/console").status_code == 303


def test_forged_id_tokens_sign_nobody_in(running: RunningConsole) -> None:
    """Neither another key, nor no signature, nor the public key as a secret."""
    pool, browser = running.pool, running.browser()
    for forge in (
        lambda claims: pool.sign(claims, pool.stranger),
        unsigned,
        pool.signed_with_public_key,
    ):
        sent = begin(browser)
        claims = pool.claims(aud=CLIENT, nonce=sent["nonce"], **{"cognito:username": "eve"})
        pool.id_token = forge(claims)
        answer = browser.get("/console/signed-in", params={"code": "1", "state": sent["state"]})
        assert answer.status_code == 400
        assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


def test_the_callback_needs_the_browser_that_began(running: RunningConsole) -> None:
    """Otherwise, someone could sign another person in as oneself."""
    begun = begin(running.browser())
    query = {"code": "1", "state": begun["state"]}
    assert running.browser().get("/console/signed-in", params=query).status_code == 400
    other = running.browser()
    begin(other)
    assert other.get("/console/signed-in", params=query).status_code == 400


def test_a_sign_in_takes_half_an_hour_at_most(running: RunningConsole) -> None:
    """A cookie that was left behind is worth nothing later."""
    browser = running.browser()
    sent = begin(browser)
    running.wait(timedelta(minutes=31))
    query = {"code": "1", "state": sent["state"]}
    assert browser.get("/console/signed-in", params=query).status_code == 400


def test_someone_without_a_role_is_told_so(running: RunningConsole) -> None:
    """Groups of the pool that are no roles give no access."""
    browser = finish(running, running.browser(), **{"cognito:groups": ["owners"]})
    assert browser.headers["x-status"] == "403"
    assert browser.get("/console").status_code == 303


def test_an_answer_of_the_pool_that_refuses_is_a_page(running: RunningConsole) -> None:
    """The pool reports a refusal in the query."""
    browser = running.browser()
    sent = begin(browser)
    query = {"error": "access_denied", "error_description": "<b>no</b>", "state": sent["state"]}
    answer = browser.get("/console/signed-in", params=query)
    assert answer.status_code == 400
    assert "<b>" not in answer.text


def test_a_pool_that_is_down_is_said_to_be(running: RunningConsole) -> None:
    """A page that says to try again, and no server error."""
    running.pool.is_down = True
    answer = running.browser().get("/console/sign-in")
    assert answer.status_code == 503
    assert "sign-in service" in answer.text


def test_cookies_are_unreadable_for_scripts_and_other_sites(running: RunningConsole) -> None:
    """And they are sent only to the console, only over TLS."""
    first = running.browser().get("/console/sign-in").headers["set-cookie"]
    session = running.session(Role.VIEWER)
    theme = running.browser(session).post(
        "/console/theme", data={"theme": "dark", "csrf": running.token(session)}
    )
    for header, name in (
        (first, SIGN_IN_COOKIE),
        (theme.headers["set-cookie"], "modelfleet-theme"),
    ):
        cookie = SimpleCookie(header)[name]
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "lax"
        assert cookie["path"] == BASE
        assert int(cookie["max-age"]) > 0


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "@evil.example",
        ".evil.example",
        "/../../evil",
        "/%2e%2e/evil",
        "/models//evil.example",
        "javascript:alert(1)",
        "/models\r\nset-cookie: a=b",
        "/models#fragment",
        "/" + "a" * 2_000,
    ],
)
def test_other_places_are_no_destinations(running: RunningConsole, target: str) -> None:
    """After signing in, the browser stays at the console."""
    assert page_of(target) == ""
    browser = finish(running, running.browser(), page=target)
    assert browser.headers["x-location"] == f"{ORIGIN}{BASE}"


@pytest.mark.parametrize(
    "target", ["", "/models/toy", "/models/toy?from=2026-11-01&tz=Europe/Rome", "?state=drift"]
)
def test_pages_of_the_console_are_destinations(target: str) -> None:
    """With their queries."""
    assert page_of(target) == target


def test_a_link_signs_in_once_within_a_minute(pool: UserPool) -> None:
    """Afterwards it is in the browser's history, where others may find it."""
    running = RunningConsole(pool, {}, sign_in_links=True)
    person = Person("ada", Role.ADMIN)
    values = [running.console.sessions.link(person) for _ in range(2)]

    def follow(value: str) -> tuple[int, bool]:
        answer = running.browser().get("/console/sign-in/link", params={"value": value})
        return answer.status_code, SESSION_COOKIE in answer.headers.get("set-cookie", "")

    assert follow(values[0]) == (303, True)
    assert follow(values[0]) == (400, False)
    running.wait(timedelta(seconds=61))
    assert follow(values[1]) == (400, False)
    # A session's own value is no link, and the other way around.
    session = running.session(Role.ADMIN)
    assert follow(running.console.sessions.value(session)) == (400, False)
    assert running.console.sessions.read(running.console.sessions.link(person)) is None


def test_links_are_off_unless_the_stage_accepts_them(running: RunningConsole) -> None:
    """The route does not exist."""
    value = running.console.sessions.link(Person("ada", Role.ADMIN))
    answer = running.browser().get("/console/sign-in/link", params={"value": value})
    assert answer.status_code == 404
