"""`/feedback`: whose outcomes are taken for which predictions, and where they are kept."""

from typing import Any

import pytest

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.catalogue import find
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.outcomes.report import EntityReport, Feedback
from modelfleet.outcomes.reporters import permitted_keys, stage_variable
from modelfleet.spec.model import ModelSpec
from tests.serving import NOW, Reply, Service, serving

SPEC = find("bankchurn")
EXAMPLE = SPEC.features.example()


@pytest.fixture
def service() -> Service:
    """A predict function whose caller is `k1`."""
    made = serving(SPEC)
    made.gateway.client = "k1"
    return made


def predicted(service: Service) -> str:
    """The id of a prediction."""
    made: str = service.gateway.post("/bankchurn/predict", EXAMPLE).body["prediction_id"]
    return made


def report(service: Service, prediction_id: Any, actual: Any = 1, **headers: str) -> Reply:
    """Report an outcome."""
    body = {"prediction_id": prediction_id, "actual": actual}
    return service.gateway.post("/bankchurn/feedback", body, **headers)


def assert_unknown(service: Service, reply: Reply) -> None:
    """It is 404, in words that do not say why, and nothing is stored or counted as a failure."""
    assert reply.status == 404
    assert reply.headers["content-type"] == "application/problem+json"
    detail = "This API key has no prediction of this model with this ID."
    assert reply.body["detail"] == detail
    assert list(service.lake.keys("feedback")) == []
    assert service.telemetry.failures == []


def test_an_outcome_lies_by_the_day_of_its_prediction(service: Service) -> None:
    """Under its id, with whose key reported it."""
    made = predicted(service)
    assert report(service, made).status == 202
    (request,) = service.telemetry.requests
    day = request.made_at.date().isoformat()
    assert list(service.lake.keys("feedback")) == [
        f"feedback/model=bankchurn/date={day}/{made}.json"
    ]
    (key,) = service.lake.keys("feedback")
    stored = Feedback.parse(service.lake.get(key).content)
    assert (stored.prediction_id, stored.client, stored.actual) == (made, "k1", 1)
    assert request.client == "k1"


@pytest.mark.parametrize(
    "body", [{"entity_id": "x", "actual": 1}, {"prediction_id": 7}, [], "\ud800"]
)
def test_a_key_that_predicts_may_not_report(service: Service, body: object) -> None:
    """It gets 403 whatever it sends, even on its own prediction, and nothing is stored."""
    made = predicted(service)
    service.gateway.may_report = False
    replies = [report(service, made), service.gateway.post("/bankchurn/feedback", body)]
    assert [each.status for each in replies] == [403, 403]
    assert replies[0].headers["content-type"] == "application/problem+json"
    assert "may not report outcomes" in replies[0].body["detail"]
    assert list(service.lake.keys("feedback")) == []
    assert service.telemetry.failures == []


@pytest.mark.parametrize(
    "variables",
    [
        None,
        [],
        {},
        {"reports_outcomes_acme": "k2"},
        {"reports_outcomes_acme": ["k1"]},
        {"outcomes": "k1"},
        {"reports_outcomes_acme": "k1,k2"},
    ],
)
def test_only_the_keys_that_the_stage_names_may_report(variables: object) -> None:
    """Whatever else a stage variable contains permits nobody."""
    assert "k1" not in permitted_keys(variables)


def test_nobody_without_a_key_may_report() -> None:
    """A variable without a value names no client."""
    found = permitted_keys({stage_variable("acme-eu"): "k1", stage_variable("other"): ""})
    assert found == {"k1"}
    assert stage_variable("acme-eu") == "reports_outcomes_acme_eu"


def test_every_row_of_a_batch_has_an_outcome_of_its_own(service: Service) -> None:
    """A wrong row has no id, and the others are told apart."""
    rows = [EXAMPLE, {}, EXAMPLE, EXAMPLE]
    answers = service.gateway.post("/bankchurn/predict/batch", {"instances": rows}).body
    made = [each["prediction_id"] for each in answers["predictions"] if "error" not in each]
    assert [report(service, each, index % 2).status for index, each in enumerate(made)] == [202] * 3
    assert len(list(service.lake.keys("feedback"))) == 3


def test_another_outcome_is_a_correction(service: Service) -> None:
    """The response says whether an earlier outcome was superseded."""
    made = predicted(service)
    replies = [report(service, made, actual) for actual in (1, 1, 0)]
    assert [each.status for each in replies] == [202] * 3
    assert [each.body["status"] for each in replies] == ["stored", "stored", "corrected"]
    assert service.telemetry.outcomes == [False, False, True]


def test_the_outcome_of_an_entity_is_stored_under_its_hash(service: Service) -> None:
    """The ID itself is nowhere in the lake."""
    body = {"entity_id": 4711, "actual": 1}
    reply = service.gateway.post("/bankchurn/feedback", body)
    assert (reply.status, reply.body) == (202, {"status": "stored", "model": "bankchurn", **body})
    (key,) = service.lake.keys("feedback")
    content = service.lake.get(key).content
    stored = EntityReport.parse(content)
    assert (stored.entities, stored.client) == ((service.entities.newest("4711"),), "k1")
    assert b"4711" not in content
    assert "4711" not in key


@pytest.mark.parametrize(
    "subject",
    [
        {},
        {"prediction_id": "x", "entity_id": "y"},
        {"entity_id": " "},
        {"entity_id": ""},
        {"entity_id": None},
        {"entity_id": 1.5},
        {"entity_id": True},
    ],
)
def test_an_outcome_has_one_subject(service: Service, subject: dict[str, object]) -> None:
    """A prediction or an entity, by an ID that is not blank."""
    reply = service.gateway.post("/bankchurn/feedback", subject | {"actual": 1})
    assert reply.status == 422
    assert list(service.lake.keys("feedback")) == []


@pytest.mark.parametrize("actual", [True, False])
def test_true_and_false_spell_the_classes_of_a_target_without_labels(
    service: Service, actual: bool
) -> None:
    """As `fleet data load` reads them; what is stored is the class."""
    made = predicted(service)
    reply = report(service, made, actual)
    assert (reply.status, reply.body["actual"]) == (202, int(actual))
    (key,) = service.lake.keys("feedback")
    assert Feedback.parse(service.lake.get(key).content).actual == float(actual)


LABELLED = SPEC.model_copy(
    update={"target": SPEC.target.model_copy(update={"labels": ("stayed", "left")})}
)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (LABELLED, "Input should be stayed or left, or 0 or 1"),
        (find("carvision"), "Input should be a valid number"),
    ],
    ids=["labels", "regression"],
)
def test_true_and_false_are_no_other_outcome(spec: ModelSpec, says: str) -> None:
    """Where no class is spelled so, the refusal says what is expected, and nothing is stored."""
    service = serving(spec)
    service.gateway.client = "k1"
    made = service.gateway.post(service.url("/predict"), spec.features.example()).body
    body = {"prediction_id": made["prediction_id"]}
    for actual in (True, False):
        reply = service.gateway.post(service.url("/feedback"), body | {"actual": actual})
        assert reply.status == 422
        (error,) = reply.body["errors"]
        assert error == {"field": "actual", "message": says}
    assert list(service.lake.keys("feedback")) == []


@pytest.mark.parametrize(("actual", "label"), [("Left", 1), (" stayed", 0), (1, 1)])
def test_a_class_is_reported_by_its_name(actual: object, label: int) -> None:
    """Answers have the declared name, and files, answers, and outcomes mean the same by it."""
    service = serving(LABELLED)
    service.gateway.client = "k1"
    made = service.gateway.post(service.url("/predict"), EXAMPLE).body
    assert made["class"] == ("stayed", "left")[made["label"]]
    reply = report(service, made["prediction_id"], actual)
    assert (reply.status, reply.body["actual"]) == (202, label)


def test_nobody_reports_for_another_client(service: Service) -> None:
    """Although the other client may report outcomes of its own predictions."""
    made = predicted(service)
    service.gateway.client = "k2"
    assert_unknown(service, report(service, made))


@pytest.mark.parametrize("client", ["", None, 7, "k1\n", ["k1"]])
def test_what_is_not_the_id_of_a_key_reports_nothing(service: Service, client: Any) -> None:
    """Whatever stands in the place of the key's id, it is not `k1`."""
    made = predicted(service)
    service.gateway.client = client
    assert report(service, made).status == 403
    assert list(service.lake.keys("feedback")) == []


def test_no_header_and_no_body_says_who_calls(service: Service) -> None:
    """The gateway alone knows whose key it was."""
    made = predicted(service)
    service.gateway.client = "k2"
    names = ("x_api_key", "apiKeyId", "x_client", "x_amzn_apigateway")
    headers = dict.fromkeys(names, "k1")
    assert_unknown(service, report(service, made, **headers))
    body = {"prediction_id": made, "actual": 1, "client": "k1"}
    assert service.gateway.post("/bankchurn/feedback", body).status == 422


def test_an_event_without_the_key_is_nobodys(service: Service) -> None:
    """A call past the gateway is one client of its own, which may not report."""
    service.gateway.client = None
    made = predicted(service)
    assert service.telemetry.requests[0].client == ""
    assert report(service, made).status == 403


def test_predictions_that_were_never_made_are_unknown(service: Service) -> None:
    """Another model's, another stage's, altered ones, and ids of before they were signed."""
    made, keys = predicted(service), FixedKeys(b"test")
    prefix, _, index = made.rpartition("-")
    for never in (
        PredictionIds("leads", keys).make(1, "k1", NOW)[0],
        PredictionIds("bankchurn", FixedKeys(b"other")).make(1, "k1", NOW)[0],
        f"{prefix}-{int(index) + 1}",
        made.upper(),
        made.replace(made[:8], "20200101"),
        "16dec41a-bf77-4ffa-8e6e-650bd22c1488",
        "../../../datasets/bankchurn/newest",
        "",
        "x" * 100_000,
    ):
        assert_unknown(service, report(service, never))


@pytest.mark.parametrize("typed", [None, 7, ["x"], {"a": 1}])
def test_what_is_no_text_is_refused(service: Service, typed: Any) -> None:
    """It is a fault of the body."""
    assert report(service, typed).status == 422


def test_without_a_key_nothing_is_predicted_under_no_name(service: Service) -> None:
    """A prediction that nobody could report on is not made: come again."""

    class Broken(FixedKeys):
        def newest(self) -> bytes:
            from modelfleet.spec.errors import UnavailableError  # noqa: PLC0415

            raise UnavailableError("The key of prediction ids could not be read.")

    service.predictor._ids = PredictionIds("bankchurn", Broken())
    reply = service.gateway.post("/bankchurn/predict", EXAMPLE)
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert service.telemetry.requests == []
