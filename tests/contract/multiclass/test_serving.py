"""More than two classes served: each answer names one, and says how likely all are."""

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.batch.job import RESULTS
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.release.smoke_test import smoke_test
from modelfleet.retraining.state import Registered, RetrainingState
from modelfleet.serving.explain import Explainer
from modelfleet.serving.load import load
from modelfleet.serving.replay import ReplayAnswer, ReplayRequest, replay
from modelfleet.serving.score import Call
from modelfleet.spec.errors import BundleError, ScoringError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import FileKind
from tests.contract.multiclass.conftest import Made
from tests.fleet.graded.spec import SPEC
from tests.releasing import PLAN
from tests.serving import Service, encoding, linear_model, put_bundle, serving
from tests.unit.batch.conftest import Bench

ROW = SPEC.features.example()


@pytest.fixture(scope="module")
def served(made: Made) -> Service:
    """The trained version behind the gateway."""
    return Service(made.spec, store=made.store)


def test_the_likeliest_class_is_answered(served: Service) -> None:
    """With its probability, that of every class, and neither threshold nor risk."""
    answer = served.gateway.post(served.url("/predict"), ROW).body
    assert list(answer["probabilities"]) == list(SPEC.classes)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["probability"] == max(answer["probabilities"].values())
    assert answer["probabilities"][answer["label"]] == answer["probability"]
    assert not {"threshold", "risk", "value"} & answer.keys()


def test_what_is_answered_is_logged(served: Service) -> None:
    """The capture keeps the whole answer, without personal data."""
    answer = served.gateway.post(served.url("/predict"), ROW).body
    logged = served.telemetry.requests[-1].predictions[0]
    names = ("label", "probability", "probabilities")
    assert logged.output == {name: answer[name] for name in names}
    assert logged.score == answer["probability"]
    assert logged.low_confidence is not None
    assert "owner" not in logged.features


def test_the_probability_of_the_label_is_explained(served: Service) -> None:
    """Contributions add up to it, from the mean over training rows."""
    predicted = served.gateway.post(served.url("/predict"), ROW).body
    answer = served.gateway.post(served.url("/explain"), ROW).body
    assert answer["label"] == predicted["label"]
    assert answer["prediction"] == pytest.approx(predicted["probability"])
    added = sum(each["contribution"] for each in answer["contributions"])
    assert answer["base_value"] + added == pytest.approx(answer["prediction"], abs=1e-6)


def test_many_classes_are_explained_by_fewer_rows(made: Made, served: Service) -> None:
    """What an explanation costs is bounded, and how many rows it rests on is said."""
    manifest = made.bundle.manifest
    width = len(manifest.encoding.columns)
    rows = [[0.0] * width, *[[1.0] * width] * 99]
    bounded = Explainer(served.predictor, lambda _: rows, 1_400)
    call = Call("r", 0.0)
    made_of = bounded.explain(ROW, call)
    assert made_of.background_rows == 25
    assert made_of.evaluations <= 1_400 * 4 // 8 + 25
    assert manifest.classes is not None
    assert made_of.label in manifest.classes


def test_feedback_takes_the_name_of_a_class(served: Service) -> None:
    """Stored as it was said; a word that is no class, and a number, are refused."""
    made = served.gateway.post(served.url("/predict"), ROW).body["prediction_id"]
    body = {"prediction_id": made, "actual": "extreme value"}
    reply = served.gateway.post(served.url("/feedback"), body)
    assert (reply.status, reply.body["actual"]) == (202, "extreme value")
    (key,) = served.lake.keys(keys.FEEDBACK)
    stored = Feedback.parse(served.lake.get(key).content)
    assert stored.actual == "extreme value"
    for wrong in ("odd", 1, True, None):
        refused = served.gateway.post(served.url("/feedback"), body | {"actual": wrong})
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, "actual")
    other = served.gateway.post(served.url("/feedback"), body | {"actual": "low"})
    assert (other.status, other.body["status"]) == (202, "corrected")


def test_the_schema_names_the_classes() -> None:
    """OpenAPI says which labels there are, for answers and for feedback."""
    schemas = serving(SPEC).app.openapi()["components"]["schemas"]
    assert schemas["ClassAnswer"]["properties"]["label"]["enum"] == list(SPEC.classes)
    each = schemas["ClassAnswer"]["properties"]["probabilities"]
    assert each["propertyNames"]["enum"] == list(SPEC.classes)
    assert schemas["FeedbackRequest"]["properties"]["actual"]["enum"] == list(SPEC.classes)


def changed(**manifest: Any) -> ObjectStore:
    """A bundle with another manifest."""
    store = memory_store()
    put_bundle(store, SPEC, "1")
    key = f"{keys.bundle('graded', '1')}/{MANIFEST_FILE}"
    found = BundleManifest.parse(store.get(key).content).model_copy(update=manifest)
    store.put(key, found.model_dump_json().encode())
    return store


def test_a_bundle_must_fit_the_declared_classes() -> None:
    """Classes that the API does not declare, or none at all, are refused at the load."""
    odd = changed(classes=("low", "middle", "high", "odd"))
    with pytest.raises(BundleError, match=r"the model does not declare the classes \['odd'\]"):
        load(odd, SPEC, "1", OnnxScorer)
    with pytest.raises(BundleError, match="no classes"):
        load(changed(classes=None), SPEC, "1", OnnxScorer)
    with pytest.raises(ScoringError, match="each of 3 classes"):
        load(changed(classes=SPEC.classes[:3]), SPEC, "1", OnnxScorer)


def test_a_bundle_of_fewer_classes_goes_on_serving() -> None:
    """A class that was added since is answered by the next version."""
    store, wider = memory_store(), SPEC.classes
    spec = SPEC.model_copy(update={"target": SPEC.target.model_copy(update={"labels": wider[:3]})})
    model = linear_model(len(encoding(SPEC).columns), 0.0, sigmoid=False, classes=3)
    put_bundle(store, spec, "1", model=model)
    assert load(store, SPEC, "1", OnnxScorer).manifest.classes == wider[:3]


def test_a_release_tries_it_out(made: Made) -> None:
    """The deployed function must answer the held-out rows as training did."""

    def ask(request: ReplayRequest) -> ReplayAnswer:
        return replay(
            made.spec,
            request,
            lambda version: load(made.store, made.spec, version, OnnxScorer),
        )

    registered = Registered(version=made.version)
    state = RetrainingState(model="graded", execution="next", registered=registered)
    assert smoke_test(made.spec, state, made.store, ask, PLAN).rows == 200


@pytest.mark.parametrize("kind", RESULTS)
def test_bulk_results_have_a_column_a_class(made: Made, kind: FileKind) -> None:
    """In every format the label, its probability, and one column for each class."""
    bench = Bench(made.spec, artifacts=made.store)
    request = bench.request(FileKind.JSONL, kind)
    bench.put("".join(f"{json.dumps(ROW)}\n" for _ in range(3)), FileKind.JSONL)
    outcome = bench.run(request)
    assert (outcome.scored, outcome.failed) == (3, 0)
    each = [f"probability_{name}" for name in SPEC.classes]
    names = ["row", "label", "class", "probability", *each]
    file = io.BytesIO(bench.lake.get(outcome.results).content)
    if kind is FileKind.CSV:
        assert file.readline().decode() == f"{','.join(names)}\n"
    elif kind is FileKind.JSONL:
        assert list(json.loads(file.readline())) == names
    else:
        table = pq.read_table(file)
        assert table.schema.names == names
        assert sum(table[name][0].as_py() for name in each) == pytest.approx(1)
