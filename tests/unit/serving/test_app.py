"""The application's answers: routes, bodies and problems."""

import importlib
import sys

import pytest
from fastapi import FastAPI

from modelfleet.catalogue import find
from modelfleet.spec.features import Features
from tests.serving import GATEWAY_REQUEST_ID, Reply, Service, serving

SPEC = find("bankchurn")
EXAMPLE = SPEC.features.example()
SECRET = "4111-1111-1111"


@pytest.fixture
def service() -> Service:
    """A predict function that serves version 1."""
    return serving(SPEC)


def assert_problem(reply: Reply, status: int) -> None:
    """A reply is a whole problem document."""
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["status"] == status
    assert {"type", "title", "detail", "instance"} <= reply.body.keys()
    assert reply.body["request_id"] == reply.headers["x-request-id"] == GATEWAY_REQUEST_ID


def test_a_classification_answers_the_whole_contract(service: Service) -> None:
    """Label, probability, threshold and risk, and who made them."""
    reply = service.gateway.post("/bankchurn/predict", EXAMPLE)
    assert reply.status == 200
    body = reply.body
    assert body.pop("prediction_id") == service.telemetry.requests[0].predictions[0].prediction_id
    probability = body.pop("probability")
    assert 0.5 < probability < 0.6
    assert body == {
        "label": 1,
        "threshold": 0.4,
        "class": "1",
        "risk": "MEDIUM",
        "model": "bankchurn",
        "version": "1",
        "variant": "champion",
    }


def test_a_regression_answers_the_whole_contract() -> None:
    """Value and interval, and who made them."""
    spec = find("carvision")
    body = serving(spec).gateway.post("/carvision/predict", spec.features.example()).body
    assert body.keys() == {"prediction_id", "value", "interval", "model", "version", "variant"}
    assert body["interval"]["lower"] < body["value"] < body["interval"]["upper"]
    assert body["interval"]["level"] == 0.8


def test_a_missing_value_is_absent_or_null(service: Service) -> None:
    """A nullable field may be left out, and null says the same."""
    without = {name: value for name, value in EXAMPLE.items() if name != "Tenure"}
    replies = [
        service.gateway.post("/bankchurn/predict", row)
        for row in (without, without | {"Tenure": None})
    ]
    assert [reply.status for reply in replies] == [200, 200]
    assert replies[0].body["probability"] == replies[1].body["probability"]


def test_a_batch_keeps_the_order(service: Service) -> None:
    """A batch answers row by row what each row is answered alone."""
    rows = [EXAMPLE | {"Balance": balance} for balance in (0.0, 500_000.0, 1_000_000.0)]
    alone = [service.gateway.post("/bankchurn/predict", row).body["probability"] for row in rows]
    batch = service.gateway.post("/bankchurn/predict/batch", {"instances": rows}).body
    assert [made["probability"] for made in batch["predictions"]] == alone
    assert (batch["model"], batch["version"], batch["variant"]) == ("bankchurn", "1", "champion")


@pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 200), (1000, 200), (1001, 422)])
def test_a_batch_has_one_to_a_thousand_rows(service: Service, count: int, status: int) -> None:
    """The limits are those of the contract."""
    reply = service.gateway.post("/bankchurn/predict/batch", {"instances": [EXAMPLE] * count})
    assert reply.status == status


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Age": "old"}, "Age"),
        ({"Age": 7}, "Age"),
        ({"Age": None}, "Age"),
        ({"Geography": "Atlantis"}, "Geography"),
        ({"Balance": 1e400}, "Balance"),
        ({"Surname": SECRET}, "Surname"),
    ],
)
def test_a_wrong_field_is_named(service: Service, change: dict[str, object], field: str) -> None:
    """422 says which field is wrong and why, without the value."""
    reply = service.gateway.post("/bankchurn/predict", EXAMPLE | change)
    assert_problem(reply, 422)
    assert [error["field"] for error in reply.body["errors"]] == [field]
    assert field in reply.body["detail"]
    assert SECRET not in reply.text
    assert "Atlantis" not in reply.text


def test_the_nearest_field_is_suggested(service: Service) -> None:
    """Field names match exactly; a misspelled one is an error that names the right one."""
    body = {("age" if name == "Age" else name): value for name, value in EXAMPLE.items()}
    reply = service.gateway.post("/bankchurn/predict", body | {"Unheard": 1})
    assert_problem(reply, 422)
    messages = {error["field"]: error["message"] for error in reply.body["errors"]}
    assert messages == {
        "Age": "Field required",
        "age": "Extra inputs are not permitted; did you mean Age?",
        "Unheard": "Extra inputs are not permitted",
    }


def test_a_missing_field_is_named(service: Service) -> None:
    """A field that the model needs is asked for by name."""
    reply = service.gateway.post(
        "/bankchurn/predict", {k: EXAMPLE[k] for k in EXAMPLE if k != "Age"}
    )
    assert_problem(reply, 422)
    assert reply.body["errors"] == [{"field": "Age", "message": "Field required"}]


def test_a_wrong_row_of_a_batch_is_an_error_at_its_index(service: Service) -> None:
    """The other rows are answered as if it were not there, and only they are recorded."""
    rows = [EXAMPLE, EXAMPLE | {"Age": "old"}, "no row", EXAMPLE | {"Balance": 0.0}]
    reply = service.gateway.post("/bankchurn/predict/batch", {"instances": rows})
    assert (reply.status, reply.body["failed"]) == (200, 2)
    first, second, third, last = reply.body["predictions"]
    assert second["index"] == 1
    assert second["error"] == "Not valid: Age"
    assert [error["field"] for error in second["errors"]] == ["Age"]
    assert (third["index"], third["errors"][0]["field"]) == (2, "body")
    alone = [service.gateway.post("/bankchurn/predict", row).body for row in (rows[0], rows[3])]
    assert [first["probability"], last["probability"]] == [one["probability"] for one in alone]
    recorded = [made.prediction_id for made in service.telemetry.requests[0].predictions]
    assert recorded == [first["prediction_id"], last["prediction_id"]]


def test_a_batch_of_wrong_rows_is_answered_row_by_row(service: Service) -> None:
    """Even without a single valid row, each is told what is wrong with it."""
    reply = service.gateway.post("/bankchurn/predict/batch", {"instances": [{}] * 1000})
    assert (reply.status, reply.body["failed"], reply.body["version"]) == (200, 1000, "1")
    assert [item["index"] for item in reply.body["predictions"]] == list(range(1000))


def test_a_strict_batch_is_refused_as_a_whole(service: Service) -> None:
    """With `strict` a wrong row is a problem, and its number stands before the field."""
    rows = [EXAMPLE, EXAMPLE | {"Age": "old"}]
    body = {"instances": rows, "strict": True}
    reply = service.gateway.post("/bankchurn/predict/batch", body)
    assert_problem(reply, 422)
    assert reply.body["errors"][0]["field"] == "instances.1.Age"
    assert service.telemetry.requests == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"instances": None},
        {"instances": {}},
        {"instances": [EXAMPLE], "strict": "yes"},
        {"instances": [{}], "rows": 1},
        [EXAMPLE],
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(service: Service, body: object) -> None:
    """Rows can be wrong one by one; what holds them cannot."""
    assert_problem(service.gateway.post("/bankchurn/predict/batch", body), 422)


def test_a_thousand_wrong_rows_make_a_bounded_answer(service: Service) -> None:
    """The number of reported faults does not grow with the batch."""
    body = {"instances": [{}] * 1000, "strict": True}
    reply = service.gateway.post("/bankchurn/predict/batch", body)
    assert_problem(reply, 422)
    assert len(reply.body["errors"]) == 50


def test_a_body_full_of_faults_is_refused_without_counting_them(service: Service) -> None:
    """More faults than anybody reads are one fault."""
    body = {str(number): 0 for number in range(30_000)}
    reply = service.gateway.post("/bankchurn/predict", body)
    assert_problem(reply, 422)
    assert [error["field"] for error in reply.body["errors"]] == ["body"]


def test_a_stage_may_keep_its_schema_to_itself() -> None:
    """Where details are off, a refusal names neither fields nor rules, in a row or in a problem."""
    quiet = serving(SPEC)
    quiet = Service(SPEC, store=quiet.store, details_enabled=False)
    wrong = EXAMPLE | {"Geography": "Atlantis"}
    replies = [
        quiet.gateway.post("/bankchurn/predict", wrong),
        quiet.gateway.post("/bankchurn/predict/batch", {"instances": [wrong]}),
        quiet.gateway.post("/bankchurn/feedback", {"prediction_id": "1", "actual": 7}),
    ]
    assert [reply.status for reply in replies] == [422, 200, 422]
    for reply in replies:
        assert "errors" not in reply.text
        for word in ("Geography", "France", "prediction_id", "UUID"):
            assert word not in reply.text


@pytest.mark.parametrize("body", ["{", "{'Age': 1}", "NaNa", "[" * 100_000, '{"Age": 1}x'])
def test_malformed_json_is_400(service: Service, body: str) -> None:
    """What no JSON parser reads is the caller's fault, and said so."""
    assert_problem(service.gateway.send("POST", "/bankchurn/predict", body), 400)


@pytest.mark.parametrize("body", ["", "null", "[]", '"text"', "1"])
def test_json_that_is_no_object_is_422(service: Service, body: str) -> None:
    """A body of another shape names the body."""
    reply = service.gateway.send("POST", "/bankchurn/predict", body)
    assert_problem(reply, 422)
    assert reply.body["errors"][0]["field"] == "body"


@pytest.mark.parametrize("label", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_is_json_whatever_its_label(service: Service, label: str) -> None:
    """`curl -d` without a header works."""
    reply = service.gateway.post("/bankchurn/predict", EXAMPLE, Content_Type=label)
    assert reply.status == 200


def test_a_body_over_the_limit_is_413(service: Service) -> None:
    """A large body is refused before it is parsed."""
    reply = service.gateway.send("POST", "/bankchurn/predict", "[" * 600_001)
    assert_problem(reply, 413)


@pytest.mark.parametrize("path", ["/bankchurn/nothing", "/telecom/predict", "/predict", "/"])
def test_an_unknown_path_is_404(service: Service, path: str) -> None:
    """Another model's path is no path here."""
    assert_problem(service.gateway.get(path), 404)


def test_a_wrong_method_is_405(service: Service) -> None:
    """The answer says which methods there are."""
    reply = service.gateway.get("/bankchurn/predict")
    assert_problem(reply, 405)
    assert reply.headers["allow"] == "POST"


def test_what_nobody_expected_is_500_without_internals(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller gets the request id, the telemetry gets the error."""
    error = RuntimeError(SECRET)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(service.predictor, "predict", broken)
    reply = service.gateway.post("/bankchurn/predict", EXAMPLE)
    assert_problem(reply, 500)
    assert SECRET not in reply.text
    assert "Traceback" not in reply.text
    assert service.telemetry.failures == [(GATEWAY_REQUEST_ID, error)]


def test_before_a_release_only_the_process_is_healthy() -> None:
    """503 until a version is loaded; asking for readiness is no failure, asking to predict is."""
    service = Service(SPEC)
    assert service.gateway.get("/bankchurn/health").body == {"status": "alive"}
    for path in ("/bankchurn/ready", "/bankchurn/model"):
        reply = service.gateway.get(path)
        assert_problem(reply, 503)
        assert reply.headers["retry-after"] == "1"
    assert service.telemetry.failures == []
    assert_problem(service.gateway.post("/bankchurn/predict", EXAMPLE), 503)
    assert len(service.telemetry.failures) == 1


def test_ready_names_the_version(service: Service) -> None:
    """200 as soon as a version is loaded."""
    reply = service.gateway.get("/bankchurn/ready")
    assert (reply.status, reply.body["version"]) == (200, "1")


def test_model_tells_what_serves(service: Service) -> None:
    """Version, metrics, data fingerprint, threshold and feature schema of the champion."""
    body = service.gateway.get("/bankchurn/model").body
    assert (body["model"], body["version"], body["threshold"]) == ("bankchurn", "1", 0.4)
    assert body["metrics"] == {SPEC.gate.primary: 0.8}
    assert body["data"] == {
        "dataset_version": "d1",
        "sha256": "0" * 64,
        "rows": 1000,
        "generated": False,
        "loaded_at": None,
    }
    assert [column["name"] for column in body["features"]] == list(EXAMPLE)
    assert body["features"][1]["categories"] == ["France", "Germany", "Spain"]


@pytest.mark.parametrize("path", ["/bankchurn", "/bankchurn/"])
def test_the_root_lists_the_routes(service: Service, path: str) -> None:
    """With and without a slash, and every route that it lists exists."""
    routes = service.gateway.get(path).body["routes"]
    assert {"/bankchurn/predict", "/bankchurn/predict/batch", "/bankchurn/model"} <= set(routes)
    statuses = {service.gateway.get(route).status for route in routes}
    assert statuses <= {200, 405}


def test_the_request_id_is_the_gateways_or_the_callers(service: Service) -> None:
    """The gateway's identity comes first, a caller's is taken without one, rubbish never."""
    assert service.gateway.get("/bankchurn/health").headers["x-request-id"] == GATEWAY_REQUEST_ID
    service.gateway.request_id = None
    ids = [
        service.gateway.get("/bankchurn/health", x_request_id=given).headers["x-request-id"]
        for given in ("mine-1", "<script>")
    ]
    assert ids[0] == "mine-1"
    assert "<" not in ids[1]
    assert len(ids[1]) == 36


def test_the_entity_makes_routing_sticky(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header `x-entity-id` reaches the routing."""
    entities: list[str | None] = []
    predict = service.predictor.predict

    def spied(rows, call):  # type: ignore[no-untyped-def]  # a spy takes what comes
        entities.append(call.entity)
        return predict(rows, call)

    monkeypatch.setattr(service.predictor, "predict", spied)
    service.gateway.post("/bankchurn/predict", EXAMPLE, x_entity_id="customer-1")
    service.gateway.post("/bankchurn/predict", EXAMPLE)
    assert entities == ["customer-1", None]


def test_leads_are_ranked() -> None:
    """`/leads/score` takes leads and answers their probabilities in order, with meta."""
    spec = find("leads")
    service = serving(spec)
    rows = [spec.features.example() | {"balance": balance} for balance in (0, 900_000)]
    reply = service.gateway.post("/leads/score", {"leads": rows})
    alone = [service.gateway.post("/leads/predict", row).body["probability"] for row in rows]
    assert reply.body["probabilities"] == alone
    meta = reply.body["meta"]
    assert (meta["model"], meta["version"], meta["variant"], meta["count"]) == (
        "leads",
        "1",
        "champion",
        2,
    )
    assert len(set(meta["prediction_ids"])) == 2


@pytest.mark.parametrize("key", ["copy", "self", "json", "model_config", "rows", "schema"])
def test_rows_to_rank_may_go_by_any_name(key: str) -> None:
    """Also by one that a class of pydantic has by itself."""
    spec = find("leads")
    spec = spec.model_copy(update={"serving": spec.serving.model_copy(update={"ranked_as": key})})
    service = serving(spec)
    reply = service.gateway.post("/leads/score", {key: [spec.features.example()]})
    assert (reply.status, reply.body["meta"]["count"]) == (200, 1)
    refused = service.gateway.post("/leads/score", {"leads_": [spec.features.example()]})
    assert {each["field"] for each in refused.body["errors"]} == {key, "leads_"}


def test_only_a_ranking_model_has_the_route_score(service: Service) -> None:
    """The others do not know it."""
    assert_problem(service.gateway.post("/bankchurn/score", {"leads": [EXAMPLE]}), 404)


def test_importing_the_application_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any settings the module imports, and `app` is only then built when asked for."""
    monkeypatch.delenv("MODELFLEET_MODEL", raising=False)
    monkeypatch.delitem(sys.modules, "functions.predict.app")
    module = importlib.import_module("functions.predict.app")
    assert "app" not in vars(module)
    with pytest.raises(AttributeError):
        module.nothing  # noqa: B018  reading it is what is tested


def test_the_features_are_the_request_schema(service: Service) -> None:
    """The class that validates training rows is the one in the schema."""
    assert issubclass(SPEC.features, Features)
    assert isinstance(service.app, FastAPI)
    assert SPEC.features.__name__ in service.app.openapi()["components"]["schemas"]
