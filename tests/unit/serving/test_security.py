"""What browsers are told, and which pages may call."""

import pytest

from modelfleet.catalogue import find
from tests.serving import Reply, Service, serving

SPEC = find("bankchurn")
PAGE = "https://shop.example"


def allowing(origins: str) -> Service:
    """A predict function that these pages may call."""
    return Service(SPEC, store=serving(SPEC).store, allowed_origins=origins)


def preflight(service: Service, origin: str) -> Reply:
    """What a browser asks before it sends a key."""
    return service.gateway.send(
        "OPTIONS",
        "/bankchurn/predict",
        "",
        origin=origin,
        access_control_request_method="POST",
        access_control_request_headers="content-type,x-api-key,x-entity-id",
    )


@pytest.mark.parametrize("path", ["/health", "/model", "/nothing", "/predict", "/docs"])
def test_every_answer_says_how_it_may_be_used(path: str) -> None:
    """Not to be sniffed, framed, referred from or kept, whether it is good or bad."""
    headers = serving(SPEC).gateway.get(f"/bankchurn{path}").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "max-age" in headers["strict-transport-security"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_an_allowed_page_may_call() -> None:
    """Its preflight passes, and it may read answers and their request ids."""
    service = allowing(f"https://other.example {PAGE}")
    asked = preflight(service, PAGE)
    assert asked.status == 200
    assert asked.headers["access-control-allow-origin"] == PAGE
    assert "x-api-key" in asked.headers["access-control-allow-headers"]
    reply = service.gateway.post("/bankchurn/predict", SPEC.features.example(), origin=PAGE)
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert "x-request-id" in reply.headers["access-control-expose-headers"]


def test_another_page_may_not() -> None:
    """A page that is not named gets no permission, before the call or with the answer."""
    service = allowing(PAGE)
    other = "https://elsewhere.example"
    assert preflight(service, other).status == 400
    reply = service.gateway.post("/bankchurn/predict", SPEC.features.example(), origin=other)
    assert "access-control-allow-origin" not in reply.headers


def test_no_page_may_by_default() -> None:
    """Without origins in the settings the API is for programs alone."""
    service = serving(SPEC)
    assert preflight(service, PAGE).status == 405
    reply = service.gateway.post("/bankchurn/predict", SPEC.features.example(), origin=PAGE)
    assert "access-control-allow-origin" not in reply.headers


def test_errors_can_be_read_by_an_allowed_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed unexpectedly is told to the page as well, not hidden by its browser."""
    service = allowing("*")
    monkeypatch.delattr(service.predictor, "_follower")
    reply = service.gateway.post("/bankchurn/predict", SPEC.features.example(), origin=PAGE)
    assert reply.status == 500
    assert reply.headers["access-control-allow-origin"] == "*"
