"""The API's documentation, as served."""

import pytest

from models.catalogue import find
from tests.serving import Service, serving

SPEC = find("bankchurn")


def test_the_page_refers_to_the_schema_relatively() -> None:
    """The stage stands before the path, so an absolute reference would miss the schema."""
    page = serving(SPEC).gateway.get("/bankchurn/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "url: 'openapi.json'" in page.text


def test_behind_the_gateway_the_schema_knows_stage_and_key() -> None:
    """Programs that read the schema call the right address with the right header."""
    schema = serving(SPEC).gateway.get("/bankchurn/openapi.json").body
    assert schema["servers"] == [{"url": "/dev"}]
    assert schema["security"] == [{"key": []}]
    assert schema["components"]["securitySchemes"]["key"]["name"] == "x-api-key"


def test_without_a_gateway_the_schema_promises_none() -> None:
    """The application itself asks for no key."""
    schema = serving(SPEC).app.openapi()
    assert "security" not in schema
    assert "servers" not in schema


@pytest.mark.parametrize("path", ["/bankchurn/docs", "/bankchurn/openapi.json"])
def test_documentation_can_be_switched_off(path: str) -> None:
    """Where the stage does not show it, there is nothing at its paths."""
    assert Service(SPEC, docs_enabled=False).gateway.get(path).status == 404
