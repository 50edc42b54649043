"""Entities: callers' own IDs link predictions and outcomes, and are never stored or scored."""

import io
import json
from typing import Any

import pytest

from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.captures.record import read_capture, unsealed, write_capture
from modelfleet.catalogue import find
from modelfleet.registry.pointer import Challenger
from modelfleet.spec.features import Features, category, number
from tests.sealing import opener, sealer
from tests.serving import Service, put_bundle, put_pointer, serving

SPEC = find("bankchurn")
EXAMPLE = SPEC.features.example()


@pytest.fixture
def service() -> Service:
    """A predict function."""
    return serving(SPEC)


def hashes(service: Service) -> list[str]:
    """The entities of the recorded predictions."""
    return [each.entity for request in service.telemetry.requests for each in request.predictions]


def batch(service: Service, *entities: object, **headers: str) -> Any:
    """The response to a batch with a row for each entity."""
    rows = [EXAMPLE | ({} if each is None else {"entity_id": each}) for each in entities]
    return service.gateway.post(service.url("/predict/batch"), {"instances": rows}, **headers)


def test_header_and_row_mean_the_same_entity(service: Service) -> None:
    """A number, its text, and a header are one entity; a row's own ID overrides the header."""
    service.gateway.post(service.url("/predict"), EXAMPLE, x_entity_id=" 4711 ")
    assert batch(service, 4711, "4711", None, "C-1", x_entity_id="4711").status == 200
    expected = service.entities.newest("4711")
    other = service.entities.newest("C-1")
    assert hashes(service) == [expected, expected, expected, expected, other]


def test_header_text_is_read_as_utf8(service: Service) -> None:
    """The text of a header and of JSON is the same entity beyond ASCII, too."""
    service.gateway.post(service.url("/predict"), EXAMPLE, x_entity_id="Zoë-É")
    batch(service, "Zoë-É")
    assert len(set(hashes(service))) == 1


def test_rows_without_an_entity_have_none(service: Service) -> None:
    """A blank ID is no entity."""
    service.gateway.post(service.url("/predict"), EXAMPLE)
    service.gateway.post(service.url("/predict"), EXAMPLE, x_entity_id="  ")
    batch(service, None, " ", "")
    assert hashes(service) == [""] * 5


def test_entity_never_reaches_the_model_or_the_log(service: Service) -> None:
    """The row is scored without it, and the log line has the hash only."""
    plain, marked = batch(service, None).body, batch(service, "customer-4711").body
    assert plain["predictions"][0]["probability"] == marked["predictions"][0]["probability"]
    stream = io.StringIO()
    log = PowertoolsTelemetry(SPEC.name, "modelfleet", stream=stream, sealer=sealer())
    for request in service.telemetry.requests:
        log.answered(request)
    assert "customer-4711" not in stream.getvalue()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    entries = [line for line in lines if "prediction_id" in line]
    captures = [read_capture(unsealed(entry, opener())) for entry in entries]
    assert [each.entity for each in captures] == ["", service.entities.newest("customer-4711")]
    assert all(each.features == EXAMPLE for each in captures)
    assert [read_capture(write_capture(each)) for each in captures] == captures


@pytest.mark.parametrize("entity", [1.5, True, ["x"], {"a": 1}])
def test_entity_is_text_or_a_whole_number(service: Service, entity: object) -> None:
    """Any other value is an error of its row; the other rows are answered."""
    reply = batch(service, entity, "C-1")
    assert reply.status == 200
    assert reply.body["failed"] == 1
    assert hashes(service) == [service.entities.newest("C-1")]


def test_invalid_rows_do_not_shift_the_entities(service: Service) -> None:
    """Each valid row keeps its own entity."""
    rows = [EXAMPLE | {"entity_id": "a"}, {"entity_id": "b"}, EXAMPLE | {"entity_id": "c"}]
    reply = service.gateway.post(service.url("/predict/batch"), {"instances": rows})
    assert reply.body["failed"] == 1
    assert hashes(service) == [service.entities.newest(each) for each in ("a", "c")]


def test_each_row_is_answered_by_its_entitys_version(service: Service) -> None:
    """An entity meets the same version alone, in a batch, and at every row's index."""
    put_bundle(service.store, SPEC, "2", bias=2.0)
    put_pointer(service.store, SPEC.name, "1", Challenger(version="2", share=0.5))
    entities = [f"C-{number}" for number in range(20)]
    alone = [
        service.gateway.post(service.url("/predict"), EXAMPLE, x_entity_id=each).body
        for each in entities
    ]
    service.telemetry.requests.clear()
    together = batch(service, *entities).body["predictions"]
    assert {each["version"] for each in together} == {"1", "2"}
    for one, other in zip(alone, together, strict=True):
        same = ("version", "variant", "probability")
        assert [one[name] for name in same] == [other[name] for name in same]
    recorded = {
        each.prediction_id: (request.version, each.entity)
        for request in service.telemetry.requests
        for each in request.predictions
    }
    assert recorded == {
        each["prediction_id"]: (each["version"], service.entities.newest(entity))
        for each, entity in zip(together, entities, strict=True)
    }


class Visits(Features):
    """Features of which one has the name of the field for entities."""

    entity_id: str = category("Kind of entity", example="shop", unseen="score")
    visits: int = number("Visits", minimum=0, maximum=9, example=1)


def test_a_feature_of_this_name_stays_a_feature() -> None:
    """Such a model takes entities in the header only."""
    service = serving(SPEC.model_copy(update={"features": Visits}))
    rows = [Visits.example()]
    reply = service.gateway.post(service.url("/predict/batch"), {"instances": rows})
    assert reply.body["failed"] == 0
    (recorded,) = service.telemetry.requests[0].predictions
    assert recorded.features == Visits.example()
    assert recorded.entity == ""


def test_schema_declares_the_field(service: Service) -> None:
    """Rows of batches have it, and reports."""
    schemas = service.app.openapi()["components"]["schemas"]
    have = [name for name, each in schemas.items() if "entity_id" in each.get("properties", {})]
    assert have == [f"{SPEC.features.__name__}Row", "FeedbackAnswer", "FeedbackRequest"]
