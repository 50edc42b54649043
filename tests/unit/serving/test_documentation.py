"""The API's documentation, as served."""

import re
from urllib.parse import urljoin

import pytest

from modelfleet.catalogue import find
from tests.serving import Service, serving

SPEC = find("bankchurn")


def test_the_page_refers_to_the_schema_relatively() -> None:
    """The stage stands before the path, so an absolute reference would miss the schema."""
    gateway = serving(SPEC).gateway
    page = gateway.get("/bankchurn/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert 'url: "openapi.json"' in gateway.get("/bankchurn/docs/start.js").text


def test_the_page_works_without_a_network() -> None:
    """Everything that the page refers to comes from the function itself, and may be kept."""
    gateway = serving(SPEC).gateway
    references = re.findall(r'(?:src|href)="([^"]+)"', gateway.get("/bankchurn/docs").text)
    files = [each for each in references if not each.startswith("data:")]
    assert len(files) == 3
    for file in files:
        assert re.fullmatch(r"docs/[a-z-]+\.(js|css)", file)
        reply = gateway.get(f"/bankchurn/{file}")
        assert reply.status == 200
        assert reply.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")
        assert reply.headers["cache-control"].startswith("public")


def test_the_page_may_load_and_call_its_own_origin_alone() -> None:
    """The content security policy names no other address and no inline script."""
    policy = serving(SPEC).gateway.get("/bankchurn/docs").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", ["main.py", "..%2fmain.py", "favicon-32x32.png", ""])
def test_no_other_file_is_served(name: str) -> None:
    """Only the files of the page are to be had."""
    assert serving(SPEC).gateway.get(f"/bankchurn/docs/{name}").status == 404


@pytest.mark.parametrize(
    "base", ["https://a.example/dev", "https://api.example", "http://127.0.0.1:1/_aws/x/y/local"]
)
def test_behind_the_gateway_the_schema_knows_address_and_key(base: str) -> None:
    """Programs that read the schema call the right address with the right header."""
    schema = serving(SPEC).gateway.get("/bankchurn/openapi.json").body
    (server,) = schema["servers"]
    # As the OpenAPI specification resolves it: against the document's own address.
    resolved = urljoin(f"{base}/bankchurn/openapi.json", server["url"]).rstrip("/")
    assert resolved == base
    assert schema["security"] == [{"key": []}]
    assert schema["components"]["securitySchemes"]["key"]["name"] == "x-api-key"


def test_behind_the_gateway_the_schema_has_its_refusals() -> None:
    """The server is named, each operation lists what the gateway refuses, and how to get a key."""
    schema = serving(SPEC).gateway.get("/bankchurn/openapi.json").body
    assert "stage" in schema["servers"][0]["description"]
    assert "fleet status" in schema["components"]["securitySchemes"]["key"]["description"]
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert {"401", "403", "429"} <= operation["responses"].keys()
    assert "Refusal" in schema["components"]["schemas"]


def test_without_a_gateway_the_schema_promises_none() -> None:
    """The application itself asks for no key."""
    schema = serving(SPEC).app.openapi()
    assert "security" not in schema
    assert "servers" not in schema


@pytest.mark.parametrize(
    "path", ["/bankchurn/docs", "/bankchurn/docs/start.js", "/bankchurn/openapi.json"]
)
def test_documentation_can_be_switched_off(path: str) -> None:
    """Where the stage does not show it, there is nothing at its paths."""
    assert Service(SPEC, docs_enabled=False).gateway.get(path).status == 404
