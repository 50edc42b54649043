"""The console in memory, with a user pool that signs what it is told to."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import BaseModel

from functions.console.access import SESSION_COOKIE
from functions.console.app import create_app
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import memory_store
from modelfleet.bootstrap.console import console
from modelfleet.console.access.audit import AuditRecord
from modelfleet.console.access.role import Person, Role
from modelfleet.console.access.session import Session
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.serving.proxy_event import ProxyAnswer
from modelfleet.serving.replay import ReplayAnswer, ReplayedRow, ReplayRequest
from modelfleet.serving.tasks.binary import classify
from modelfleet.settings import ConsoleSettings
from modelfleet.spec.errors import CallError, ConflictError
from modelfleet.spec.model import ModelSpec

ORIGIN = "https://fleet.example"
BASE = "/prod/console"
POOL = "https://pool.example/pool-1"
SIGN_IN = "https://login.example"
CLIENT = "client-1"
START = datetime(2026, 12, 1, 9, tzinfo=UTC)


class UserPool:
    """The endpoints of a user pool that the console calls."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
        self.stranger = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
        self.reset()

    def reset(self) -> None:
        """Answer as a sound pool again."""
        self.is_down = False
        self.id_token = ""
        self.exchanged: Mapping[str, list[str]] = {}

    def claims(self, **changes: object) -> dict[str, Any]:
        """Return the claims of an ID token or, with `token_use`, of an access token."""
        now = int(time.time())
        usual = {"iss": POOL, "sub": "1", "iat": now, "exp": now + 300, "auth_time": now}
        return usual | {"cognito:groups": ["operator"]} | changes

    def access_token(self, **changes: object) -> str:
        """Return an access token."""
        return self.sign(
            self.claims(token_use="access", client_id=CLIENT, username="ada") | changes
        )

    def sign(self, claims: Mapping[str, Any], key: RSAKey | None = None) -> str:
        """Sign claims with the pool's key, or another one of the same ID."""
        return jwt.encode({"alg": "RS256", "kid": "one"}, dict(claims), key or self.key)

    def signed_with_public_key(self, claims: Mapping[str, Any]) -> str:
        """Return a token whose secret is the pool's public key, as in CVE-2016-5431."""
        signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
        public = self.key.as_pem(private=False)
        return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one call of the console."""
        if self.is_down:
            raise httpx2.ConnectError("down")
        path = urlsplit(str(request.url)).path
        if path.endswith("/openid-configuration"):
            return httpx2.Response(200, json=self._metadata())
        if path.endswith("/jwks.json"):
            return httpx2.Response(200, json=KeySet([self.key]).as_dict(private=False))
        self.exchanged = parse_qs(request.content.decode())
        token = {"access_token": "opaque", "id_token": self.id_token, "token_type": "Bearer"}
        return httpx2.Response(200, json=token)

    def _metadata(self) -> dict[str, object]:
        return {
            "issuer": POOL,
            "authorization_endpoint": f"{SIGN_IN}/oauth2/authorize",
            "token_endpoint": f"{SIGN_IN}/oauth2/token",
            "jwks_uri": f"{POOL}/.well-known/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
        }


class FakeReleases:
    """Requests to change what is released, which are kept, and refused if a test says so."""

    def __init__(self) -> None:
        self.asked: list[BaseModel] = []
        self.started: list[tuple[RetrainingRequest, str]] = []
        self.refusal = ""

    def ask(self, request: BaseModel) -> None:
        """Keep a request to the release function."""
        if self.refusal:
            raise ConflictError(self.refusal)
        self.asked.append(request)

    def retrain(self, request: RetrainingRequest, name: str) -> None:
        """Keep a start of the machine; as in AWS, a name is used once."""
        if name in [used for kept, used in self.started if kept != request]:
            raise ConflictError("a retraining was started within this minute already")
        self.started.append((request, name))


@dataclass
class PredictFunctions:
    """The predict functions of models, which score the first number of a row by its range.

    `asked` are the rows that were scored, and `is_down` fails all calls.
    """

    models: Mapping[str, ModelSpec]
    is_down: bool = False
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def of(self, model: str) -> "PredictFunction":
        """Return the function of a model."""
        return PredictFunction(self, self.models[model])


@dataclass(frozen=True)
class PredictFunction:
    """One of the functions."""

    all: PredictFunctions
    spec: ModelSpec

    def ask(self, request: ReplayRequest) -> ReplayAnswer:
        """Score rows."""
        self._check()
        self.all.asked.extend(request.rows)
        outcomes = [classify(self.score(row), 0.4) for row in request.rows]
        rows = [ReplayedRow(score=each.score, output=each._asdict()) for each in outcomes]
        return ReplayAnswer(version=request.version, rows=tuple(rows))

    def request(self, event: dict[str, Any]) -> ProxyAnswer:
        """Explain a row: only its first number counts."""
        self._check()
        assert event["path"] == f"/{self.spec.name}/explain"
        row = json.loads(event["body"])
        names = [column.name for column in self.spec.features.columns()]
        change = self.score(row) - 0.2
        added = [{"feature": n, "contribution": change if n == self.first else 0.0} for n in names]
        answer = {"version": "7", "prediction": self.score(row), "base_value": 0.2}
        return ProxyAnswer(200, json.dumps(answer | {"contributions": added}))

    @property
    def first(self) -> str:
        """The column that counts."""
        return next(c.name for c in self.spec.features.columns() if c.kind.is_numeric)

    def score(self, row: Mapping[str, Any]) -> float:
        """Score a row."""
        column = next(c for c in self.spec.features.columns() if c.name == self.first)
        low, high = column.minimum or 0.0, column.maximum or 1.0
        return (float(row[self.first]) - low) / (high - low)

    def _check(self) -> None:
        if self.all.is_down:
            raise CallError("no response", transient=True)


class RunningConsole:
    """The application with its stores, a clock that a test moves, and browsers."""

    def __init__(self, pool: UserPool, models: Mapping[str, ModelSpec], **changes: object) -> None:
        self.pool = pool
        self.artifacts = memory_store()
        self.functions = PredictFunctions(models)
        self.time = START
        self.releases = FakeReleases()
        settings = {
            "stage": "prod",
            "artifacts_bucket": "artifacts",
            "lake_bucket": "lake",
            "signing_keys": "key:test",
            "console_url": f"{ORIGIN}{BASE}",
            "pool_url": POOL,
            "sign_in_url": SIGN_IN,
            "client_id": CLIENT,
            "sign_in_links": False,
            "release_function": "release",
            "retraining_machine": "machine",
        }
        self.console = console(
            ConsoleSettings(**{**settings, **changes}),  # type: ignore[arg-type]  # checked by the tests that use it
            models=models,
            artifacts=self.artifacts,
            lake=memory_store(),
            keys=FixedKeys(b"test"),
            releases=self.releases,
            predict=self.functions.of,
            now=lambda: self.time,
        )
        self.app = create_app(self.console, httpx2.MockTransport(pool.answer))

    def browser(self, session: Session | None = None) -> TestClient:
        """Return a browser, signed in with a session; it follows no redirects."""
        cookies = {SESSION_COOKIE: self.console.sessions.value(session)} if session else None
        return TestClient(self.app, ORIGIN, cookies=cookies, follow_redirects=False)

    def session(self, role: Role, name: str = "ada") -> Session:
        """Return a new session."""
        return self.console.sessions.begin(Person(name, role))

    def token(self, session: Session) -> str:
        """Return the token of a session's forms."""
        return self.console.sessions.form_token(session)

    def records(self) -> list[AuditRecord]:
        """Return the audit records of the day."""
        return list(self.console.audit.of_day(self.time.date()))

    def wait(self, time: timedelta) -> None:
        """Move the clock."""
        self.time += time


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token of algorithm `none`, RFC 7519 section 6."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(content: Mapping[str, Any]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
