"""The Lambda handler and events that API Gateway would never send."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelfleet.catalogue import find
from tests.attacks import many
from tests.serving import EVENT, Service, serving

SPEC = find("bankchurn")
PATHS = ["", "/", *(f"/bankchurn{path}" for path in ("", "/", "/model", "/predict", "/explain"))]
PATHS += ["/bankchurn/predict/batch", "/bankchurn/feedback", "/bankchurn/docs", "/%ff/\x00"]
ATTACKS = settings(
    max_examples=many(400),
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
# Values near those that are right go further than rubbish does.
NEAR = st.sampled_from(
    [
        EVENT["requestContext"],
        EVENT["multiValueHeaders"],
        {"Host": "a:b:c"},
        {"Host": ["x:99999999999"]},
        {"content-length": ["-1"]},
        {"x-entity-id": ["\ud800"]},
        {"": [""]},
        json.dumps(SPEC.features.example()),
        json.dumps({"instances": [SPEC.features.example()] * 3}),
        "\ud800",
        "é" * 1000,
        "POST",
        "GET",
        "OPTIONS",
        *PATHS,
    ]
)


@pytest.fixture(scope="module")
def service() -> Service:
    """A predict function that serves version 1."""
    return serving(SPEC)


def assert_well_formed(answer: Any) -> None:
    """An answer is what API Gateway can pass on."""
    assert isinstance(answer["statusCode"], int)
    assert 200 <= answer["statusCode"] < 500
    assert isinstance(answer["body"], str)
    assert all(isinstance(value, str) for value in answer["headers"].values())
    assert answer["isBase64Encoded"] is False
    json.dumps(answer)


@ATTACKS
@given(
    changes=st.dictionaries(st.sampled_from(sorted(EVENT)), JSON | NEAR),
    drop=st.sets(st.sampled_from(sorted(EVENT))),
)
def test_a_damaged_event_gets_a_whole_answer(
    service: Service, changes: dict[str, Any], drop: set[str]
) -> None:
    """Whichever parts are absent or of another kind, there is a status, headers and a body."""
    event = copy.deepcopy(EVENT) | {"path": "/bankchurn/predict", "httpMethod": "POST"} | changes
    for part in drop - changes.keys():
        del event[part]
    assert_well_formed(service.gateway._handler(event, None))


@ATTACKS
@given(event=JSON)
def test_what_is_no_event_gets_a_whole_answer(service: Service, event: Any) -> None:
    """Whatever is invoked by hand, the function does not fall over."""
    assert_well_formed(service.gateway._handler(event, None))


@ATTACKS
@given(
    path=st.sampled_from(PATHS) | st.text(),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"]),
    headers=st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=50), max_size=3)),
    context=st.dictionaries(st.sampled_from(["requestId", "path", "identity"]), JSON),
)
def test_any_path_method_and_headers_get_a_whole_answer(
    service: Service,
    path: str,
    method: str,
    headers: dict[str, list[str]],
    context: dict[str, Any],
) -> None:
    """No combination of what a caller may write is an error on our side."""
    event = copy.deepcopy(EVENT) | {"path": path, "httpMethod": method}
    event |= {"headers": {}, "multiValueHeaders": headers, "requestContext": context}
    assert_well_formed(service.gateway._handler(event, None))


@ATTACKS
@given(
    path=st.sampled_from(PATHS),
    body=st.text() | st.builds(json.dumps, JSON) | st.binary().map(lambda raw: raw.hex()),
    encoded=st.booleans(),
)
def test_any_body_gets_a_whole_answer(
    service: Service, path: str, body: str, encoded: bool
) -> None:
    """Text, JSON, and what claims to be base64."""
    event = copy.deepcopy(EVENT) | {"path": path, "httpMethod": "POST", "body": body}
    assert_well_formed(service.gateway._handler(event | {"isBase64Encoded": encoded}, None))


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"Age": ' + "9" * 100_000 + "}",
        '{"Age": 1e' + "9" * 10_000 + "}",
        '{"Age": -' + "9" * 5_000 + ".5}",
        '{"Geography": "' + "\\ud800" * 100 + '"}',
        '{"instances": [' + "[" * 150 + "]" * 150 + "]}",
    ],
    ids=["arrays", "objects", "digits", "exponent", "fraction", "surrogates", "rows"],
)
@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/explain", "/feedback"])
def test_depth_and_size_are_bounded(service: Service, path: str, body: str) -> None:
    """Deep nesting and endless numbers are refused, or are errors of their row."""
    service.telemetry.failures.clear()
    reply = service.gateway.send("POST", f"/bankchurn{path}", body)
    assert reply.status in (400, 422) or reply.body["failed"] == 1
    assert service.telemetry.failures == []


@pytest.mark.parametrize("part", ["path", "httpMethod"])
def test_half_a_character_is_no_path(service: Service, part: str) -> None:
    """What no answer could name is refused as no event of the gateway's."""
    answer = service.gateway._handler(EVENT | {part: "/\ud800"}, None)
    assert_well_formed(answer)
    assert answer["statusCode"] == 400


def test_an_event_that_cannot_be_read_is_reported_without_its_values(service: Service) -> None:
    """The telemetry hears of it, the answer is a problem document with an identity."""
    service.telemetry.failures.clear()
    answer = service.gateway._handler({"resource": "/", "requestContext": {}, "body": 7}, None)
    problem = json.loads(answer["body"])
    ((request_id, error),) = service.telemetry.failures
    assert (answer["statusCode"], problem["status"]) == (400, 400)
    assert problem["request_id"] == answer["headers"]["x-request-id"] == request_id
    assert isinstance(error, Exception)
