"""Explaining a prediction: what adds up to it, and what it is compared with."""

import time
from typing import Any

import pytest
import shap

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find, names
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import BACKGROUND_FILE, BundleManifest
from modelfleet.registry.pointer import Challenger
from modelfleet.serving.explain import Explainer
from modelfleet.serving.load import load
from modelfleet.serving.score import Call
from modelfleet.spec.errors import UnavailableError
from modelfleet.storage import keys
from tests.serving import put_bundle, put_pointer, serving

CHURN = find("bankchurn")


def call(entity: str | None = None) -> Call:
    """A request that arrived just now."""
    return Call("r1", time.perf_counter(), entity)


@pytest.mark.parametrize("model", names())
def test_contributions_add_up_to_the_answered_prediction(model: str) -> None:
    """Base value and contributions make up what `/predict` answers, to a millionth."""
    spec = find(model)
    service = serving(spec)
    made = service.explainer.explain(spec.features.example(), call())
    total = made.base_value + sum(each.contribution for each in made.contributions)
    (item,) = service.predictor.predict([spec.features.example()], call()).items
    assert made.prediction == item.outcome.score
    assert total == pytest.approx(made.prediction, abs=1e-6)


def test_the_fields_are_the_players_and_the_largest_comes_first() -> None:
    """Each field of the request has one contribution, a category as a whole."""
    example = CHURN.features.example()
    made = serving(CHURN).explainer.explain(example, call())
    assert {each.feature: each.value for each in made.contributions} == example
    sizes = [abs(each.contribution) for each in made.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0


def test_the_values_are_those_of_shap() -> None:
    """For a served ONNX model, shap's exact explainer gives the same contributions."""
    service = serving(CHURN, bias=-0.2)
    model = load(service.store, CHURN, "1", OnnxScorer)
    encoding = model.manifest.encoding
    background = Explainer.matrix(BundleStore(service.store).background(model.manifest))
    row = CHURN.features.example() | {"Balance": 900_000.0, "Geography": "Germany", "Age": 77}
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer: Any = shap.explainers.Exact(model.scorer.score, masker)
    theirs = explainer(Explainer.matrix(encoding.encode([row]))).values[0]
    made = service.explainer.explain(row, call())
    ours = {each.feature: each.contribution for each in made.contributions}
    assert made.exact
    assert ours == pytest.approx(dict(zip(encoding.names, theirs, strict=True)), abs=1e-6)


def test_the_same_row_has_the_same_explanation_in_every_process() -> None:
    """Even sampled values depend on the row and the version alone."""
    explained = []
    for _ in range(2):
        service = serving(CHURN)
        read = BundleStore(service.store).background
        hurried = Explainer(service.predictor, read, evaluations=50)
        explained.append(hurried.explain(CHURN.features.example(), call()))
    assert explained[0] == explained[1]


def test_the_accuracy_is_stated() -> None:
    """How many rows were scored, against how many, and whether anything was estimated."""
    made = serving(CHURN).explainer.explain(CHURN.features.example(), call())
    assert made.exact
    assert made.background_rows == 3
    assert made.evaluations > made.background_rows
    assert {each.standard_error for each in made.contributions} == {0.0}


def test_an_explanation_is_of_the_version_that_would_answer() -> None:
    """The challenger explains itself to those who meet it."""
    service = serving(CHURN)
    put_bundle(service.store, CHURN, "2", bias=2.0)
    put_pointer(service.store, CHURN.name, "1", Challenger(version="2", share=0.5))
    explained = []
    for service.draw in (0.9, 0.1):
        made = service.explainer.explain(CHURN.features.example(), call())
        explained.append((made.version, made.variant.value))
    assert explained == [("1", "champion"), ("2", "challenger")]


@pytest.mark.parametrize("broken", [b"[]", b"{", b'[{"Age": 1}]'])
def test_a_background_that_is_not_the_bundles_is_refused(broken: bytes) -> None:
    """Whoever altered the rows, nothing is explained by them, and predictions go on."""
    service = serving(CHURN)
    service.store.put(f"{keys.bundle('bankchurn', '1')}/{BACKGROUND_FILE}", broken)
    with pytest.raises(UnavailableError):
        service.explainer.explain(CHURN.features.example(), call())
    assert service.predictor.predict([CHURN.features.example()], call()).version == "1"


def test_a_background_is_read_once_for_each_version() -> None:
    """The bucket is asked at the first explanation, and again only after it failed."""
    service = serving(CHURN)
    asked: list[str] = []

    def read(manifest: BundleManifest) -> list[list[float]]:
        asked.append(manifest.version)
        if len(asked) == 1:
            raise TimeoutError
        return BundleStore(service.store).background(manifest)

    explainer = Explainer(service.predictor, read)
    with pytest.raises(UnavailableError):
        explainer.explain(CHURN.features.example(), call())
    for _ in range(3):
        explainer.explain(CHURN.features.example(), call())
    assert asked == ["1", "1"]


def test_explaining_is_not_predicting() -> None:
    """An explanation leaves no captured prediction behind."""
    service = serving(CHURN)
    service.explainer.explain(CHURN.features.example(), call())
    assert service.telemetry.requests == []
