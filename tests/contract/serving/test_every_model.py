"""What holds of the API of every model in the catalogue."""

from collections.abc import Iterator
from typing import Any

import pytest

from modelfleet.catalogue import find, names
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.task import Task
from tests.fleet.graded.spec import SPEC as GRADED
from tests.serving import Service, serving


@pytest.fixture(scope="module", params=[*names(), GRADED.name])
def service(request: pytest.FixtureRequest) -> Service:
    """A predict function of each model, and of one with more classes than any of the fleet has."""
    return serving(GRADED if request.param == GRADED.name else find(request.param))


def operations(service: Service) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of the schema: path, method, declaration."""
    for path, methods in service.app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def requested(operation: dict[str, Any]) -> dict[str, Any]:
    """The declared JSON body of an operation."""
    body: dict[str, Any] = operation["requestBody"]["content"]["application/json"]
    return body


def answer_fields(spec: ModelSpec) -> set[str]:
    """What the contract says of an answer."""
    shared = {"prediction_id", "model", "version", "variant"}
    if spec.task is Task.BINARY:
        return shared | {"label", "class", "probability", "threshold", "risk"}
    if spec.task is Task.MULTICLASS:
        return shared | {"label", "class", "probability", "probabilities"}
    return shared | {"value", "interval"}


def test_the_example_is_answered(service: Service) -> None:
    """The schema's own example is a valid request, and its answer has the contract's fields."""
    reply = service.gateway.post(service.url("/predict"), service.spec.features.example())
    assert reply.status == 200
    assert reply.body.keys() == answer_fields(service.spec)


def test_every_declared_body_has_an_example_that_is_answered(service: Service) -> None:
    """Whatever the documentation shows can be sent as it is."""
    bodies = [(path, requested(o)) for path, _, o in operations(service) if "requestBody" in o]
    assert {service.url("/predict"), service.url("/predict/batch")} <= {path for path, _ in bodies}
    made = service.gateway.post(service.url("/predict"), service.spec.features.example()).body
    for path, body in bodies:
        example = dict(body["example"])
        if "prediction_id" in example:
            # Nobody was ever given the one that is shown.
            assert service.gateway.post(path, example).status == 404, path
            example["prediction_id"] = made["prediction_id"]
        assert service.gateway.post(path, example).status in (200, 202), path


def test_every_route_answers_as_declared(service: Service) -> None:
    """Each operation of the schema exists, and its status and media type are declared."""
    for path, method, operation in operations(service):
        body = requested(operation)["example"] if "requestBody" in operation else {}
        reply = service.gateway.get(path) if method == "get" else service.gateway.post(path, body)
        declared = operation["responses"][str(reply.status)]
        assert reply.headers["content-type"].split(";")[0] in declared["content"], path


def test_every_reference_of_the_schema_is_there(service: Service) -> None:
    """The schema can be read whole: no reference leads nowhere."""
    schema = service.app.openapi()
    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(_references(schema)) <= known
    assert "#/components/schemas/Problem" in set(_references(schema))


def test_each_field_is_named_when_it_is_wrong(service: Service) -> None:
    """A value that no field takes is 422 for every single field, under its own name."""
    example = service.spec.features.example()
    for name in example:
        reply = service.gateway.post(service.url("/predict"), example | {name: ["wrong"]})
        assert reply.status == 422
        assert [error["field"] for error in reply.body["errors"]] == [name]


def test_each_required_field_is_named_when_it_is_missing(service: Service) -> None:
    """Leaving out a nullable field is fine, leaving out another is 422 under its name."""
    example = service.spec.features.example()
    for column in service.spec.features.columns():
        row = {name: value for name, value in example.items() if name != column.name}
        reply = service.gateway.post(service.url("/predict"), row)
        assert reply.status == (200 if column.nullable else 422)
        if not column.nullable:
            assert reply.body["errors"][0]["field"] == column.name


def test_what_is_known_too_late_or_identifies_is_refused(service: Service) -> None:
    """Identifiers and columns of the outcome are no part of a request."""
    spec = service.spec
    for name in (*spec.identifiers, *spec.known_afterwards, spec.target.column):
        row = spec.features.example() | {name: 1}
        reply = service.gateway.post(service.url("/predict"), row)
        assert reply.body["errors"][0]["field"] == name


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            yield from _references(item)
