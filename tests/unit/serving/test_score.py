"""Predicting: who answers, what is recorded, and what is never recorded."""

import time

import pytest

from modelfleet.catalogue import find
from modelfleet.registry.pointer import Challenger, Mode, Variant
from modelfleet.serving.score import Call
from modelfleet.serving.tasks.binary import Classification
from modelfleet.serving.tasks.regression import Estimate
from modelfleet.spec.errors import NotReadyError, ScoringError
from modelfleet.spec.features import Features, category, number
from tests.serving import Service, put_bundle, put_pointer, serving

CHURN = find("bankchurn")
CARS = find("carvision")


class PersonalFeatures(Features):
    """Features of which one is personal."""

    age: int = number("Age", minimum=0, maximum=120, example=40, personal_data=True)
    plan: str = category("Plan", example="basic")


def call(entity: str | None = None) -> Call:
    """A request that arrived just now."""
    return Call("r1", time.perf_counter(), entity)


def test_nothing_is_predicted_before_a_version_is_loaded() -> None:
    """Without a release there is no answer, and none is made up."""
    with pytest.raises(NotReadyError):
        Service(CHURN).predictor.predict([CHURN.features.example()], call())


def test_rows_are_answered_in_order_and_each_by_its_values() -> None:
    """Another age is another probability, and every prediction has its own identity."""
    young = CHURN.features.example() | {"Balance": 0.0}
    old = CHURN.features.example() | {"Balance": 900_000.0}
    made = serving(CHURN).predictor.predict([young, old, young], call())
    outcomes = [item.outcome for item in made.items]
    assert outcomes[0] == outcomes[2] != outcomes[1]
    assert all(isinstance(outcome, Classification) for outcome in outcomes)
    assert len({item.prediction_id for item in made.items}) == 3


def test_a_row_alone_gets_the_answer_that_it_gets_among_others() -> None:
    """The other rows of a batch have no say."""
    service = serving(CHURN)
    germany = CHURN.features.example() | {"Geography": "Germany"}
    (alone,) = service.predictor.predict([germany], call()).items
    among = service.predictor.predict([CHURN.features.example(), germany], call()).items[1]
    assert alone.outcome == among.outcome


def test_a_regression_answers_a_value_within_its_interval() -> None:
    """The bundle's interval lies around the value."""
    (item,) = serving(CARS, bias=5000.0).predictor.predict([CARS.features.example()], call()).items
    assert isinstance(item.outcome, Estimate)
    assert item.outcome.lower == item.outcome.value - 10
    assert item.outcome.upper == item.outcome.value + 20


def test_the_challenger_takes_its_share() -> None:
    """Without an entity, the draw decides which version answers."""
    service = serving(CHURN)
    put_bundle(service.store, CHURN, "2", bias=2.0)
    put_pointer(service.store, CHURN.name, "1", Challenger(version="2", share=0.3))
    arms = []
    for service.draw in (0.29, 0.31):
        made = service.predictor.predict([CHURN.features.example()], call())
        arms.append((made.version, made.variant))
    assert arms == [("2", Variant.CHALLENGER), ("1", Variant.CHAMPION)]


@pytest.fixture
def shadowed() -> Service:
    """A predict function whose challenger runs in shadow mode."""
    service = serving(CHURN)
    put_bundle(service.store, CHURN, "2", bias=2.0)
    shadow = Challenger(version="2", share=1.0, mode=Mode.SHADOW)
    put_pointer(service.store, CHURN.name, "1", shadow)
    return service


def test_a_shadow_is_logged_and_not_shown(shadowed: Service) -> None:
    """The champion answers, and beside its answer stands what the challenger would have said."""
    example = CHURN.features.example()
    made = shadowed.predictor.predict([example], call("customer-1"))
    assert (made.version, made.variant) == ("1", Variant.CHAMPION)
    (recorded,) = shadowed.telemetry.requests[0].predictions
    assert recorded.shadow is not None
    assert recorded.shadow.version == "2"
    put_pointer(shadowed.store, CHURN.name, "2")
    shadowed.clock.now += 60
    (shown,) = shadowed.predictor.predict([example], call()).items
    assert recorded.shadow.output == shown.outcome._asdict()
    assert recorded.output != recorded.shadow.output


def test_a_broken_shadow_does_not_disturb_the_champion(
    shadowed: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the challenger does, the answer is given and recorded; the failure is reported."""
    challenger = shadowed.predictor.release().challenger
    assert challenger is not None
    error = ScoringError("broken")

    def broken(rows: object) -> list[float]:
        raise error

    monkeypatch.setattr(challenger.scorer, "score", broken)
    assert shadowed.predictor.predict([CHURN.features.example()], call()).version == "1"
    assert shadowed.telemetry.requests[0].predictions[0].shadow is None
    assert shadowed.telemetry.shadow_failures == [("2", error)]


@pytest.fixture
def canaried() -> Service:
    """A service whose every request is the challenger's."""
    service = serving(CHURN)
    put_bundle(service.store, CHURN, "2", bias=2.0)
    put_pointer(service.store, CHURN.name, "1", Challenger(version="2", share=1.0))
    return service


def test_a_broken_challenger_costs_no_answer(
    canaried: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a challenger fails at is answered by the champion, and counted against it."""
    assert canaried.predictor.predict([CHURN.features.example()], call()).version == "2"
    challenger = canaried.predictor.release().challenger
    assert challenger is not None
    error = ScoringError("broken")

    def broken(rows: object) -> list[float]:
        raise error

    monkeypatch.setattr(challenger.scorer, "score", broken)
    other = CHURN.features.example() | {"Age": 60}
    made = canaried.predictor.predict([other], call())
    assert (made.version, made.variant) == ("1", Variant.CHAMPION)
    assert canaried.telemetry.challenger_failures == [("2", error)]
    assert [request.version for request in canaried.telemetry.requests] == ["2", "1"]
    assert canaried.explainer.explain(CHURN.features.example(), call()).version == "1"


def test_a_broken_champion_is_an_error(canaried: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody stands in for the champion."""
    put_pointer(canaried.store, CHURN.name, "1")
    champion = canaried.predictor.release().champion

    def broken(rows: object) -> list[float]:
        raise ScoringError("broken")

    monkeypatch.setattr(champion.scorer, "score", broken)
    with pytest.raises(ScoringError):
        canaried.predictor.predict([CHURN.features.example()], call())
    assert canaried.telemetry.challenger_failures == []


def test_without_a_shadow_nothing_is_said_of_one() -> None:
    """A challenger that takes traffic itself is no shadow."""
    service = serving(CHURN)
    put_bundle(service.store, CHURN, "2", bias=2.0)
    put_pointer(service.store, CHURN.name, "1", Challenger(version="2", share=0.0))
    service.predictor.predict([CHURN.features.example()], call())
    assert service.telemetry.requests[0].predictions[0].shadow is None


def test_no_rows_are_no_predictions() -> None:
    """A batch without a valid row knows who would have answered, and records nothing."""
    service = serving(CHURN)
    made = service.predictor.predict([], call())
    assert (made.version, made.items) == ("1", ())
    assert service.telemetry.requests == []


def test_identities_say_for_whom_and_when() -> None:
    """The capture's client and time are those that the identities are signed over."""
    service = serving(CHURN)
    asked = Call("r1", time.perf_counter(), client="k1")
    made = service.predictor.predict([CHURN.features.example()] * 3, asked)
    (request,) = service.telemetry.requests
    assert request.client == "k1"
    for item in made.items:
        assert service.ids.day_of(item.prediction_id, "k1") == request.made_at.date()


def test_every_prediction_is_recorded_with_its_features_and_outcome() -> None:
    """What is recorded is what was answered."""
    service = serving(CHURN)
    made = service.predictor.predict([CHURN.features.example()], call("customer-1"))
    (request,) = service.telemetry.requests
    (recorded,) = request.predictions
    assert (request.request_id, request.version, request.variant) == ("r1", "1", "champion")
    assert 0 < request.latency_ms < 10_000
    assert recorded.prediction_id == made.items[0].prediction_id
    assert {**recorded.features, **recorded.sensitive} == CHURN.features.example()
    assert set(recorded.sensitive) == {"Gender", "Age"}
    assert recorded.output == made.items[0].outcome._asdict()
    assert "customer-1" not in repr(request)


def test_personal_data_is_scored_but_not_recorded() -> None:
    """A feature that is marked as personal data leaves no trace."""
    spec = CHURN.model_copy(update={"features": PersonalFeatures})
    service = serving(spec)
    service.predictor.predict([PersonalFeatures.example()], call())
    assert service.telemetry.requests[0].predictions[0].features == {"plan": "basic"}
