"""What tests of serving share: bundles with tiny real ONNX models, and calls through a gateway."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from functions.predict.app import create_app
from functions.predict.gateway import behind_gateway
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.bootstrap.serving import follow_release, predict_service
from modelfleet.captures.refusal import CapturedRefusal
from modelfleet.outcomes.entities import EntityHashes
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.outcomes.reporters import stage_variable
from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ONNX_INPUT,
    ONNX_OUTPUT,
    REPLAY_FILE,
    BundleManifest,
    DataFingerprint,
    Replay,
    sha256,
    write_background,
)
from modelfleet.registry.pointer import Challenger, ReleasePointer
from modelfleet.serving.cache import PredictionCache
from modelfleet.serving.telemetry import AnsweredRequest
from modelfleet.settings import PredictSettings
from modelfleet.spec.features import inputs_of
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.results import Parity
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.encoding import ColumnEncoding, RowEncoding

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
EVENT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "integration/serving/events/rest_proxy.json").read_text()
)
GATEWAY_REQUEST_ID: str = EVENT["requestContext"]["requestId"]
_WEIGHT = 1e-6
CARD = b"<!doctype html><title>A model card</title>"


def linear_model(columns: int, bias: float, *, sigmoid: bool, classes: int = 1) -> bytes:
    """An ONNX model: the weighted sum of the columns that are there, plus a bias.

    Of more than two classes each has a sum of its own, and what is answered are their shares.
    """
    each = [_WEIGHT * (number + 1) for number in range(classes)]
    weights = helper.make_tensor("w", TensorProto.FLOAT, [columns, classes], each * columns)
    link = "Softmax" if classes > 1 else "Sigmoid" if sigmoid else "Identity"
    nodes = [
        helper.make_node("IsNaN", [ONNX_INPUT], ["absent"]),
        helper.make_node("Where", ["absent", "zero", ONNX_INPUT], ["filled"]),
        helper.make_node("MatMul", ["filled", "w"], ["weighted"]),
        helper.make_node("Add", ["weighted", "b"], ["sum"]),
        helper.make_node(link, ["sum"], [ONNX_OUTPUT]),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info(ONNX_INPUT, TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info(ONNX_OUTPUT, TensorProto.FLOAT, [None, classes])],
        [
            weights,
            helper.make_tensor("b", TensorProto.FLOAT, [1], [bias]),
            helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    content: bytes = model.SerializeToString()
    return content


def failing_model(columns: list[str], column: str, above: float, classes: int = 1) -> bytes:
    """A linear model of probabilities that answers no number where a column is above a value."""
    linear = linear_model(len(columns), 0.0, sigmoid=True, classes=classes)
    model = onnx.load_from_string(linear)
    graph = model.graph
    graph.node[-1].output[0] = "scored"
    graph.initializer.extend(
        [
            helper.make_tensor("column", TensorProto.INT64, [1], [columns.index(column)]),
            helper.make_tensor("limit", TensorProto.FLOAT, [1], [above]),
            helper.make_tensor("nan", TensorProto.FLOAT, [1], [float("nan")]),
        ]
    )
    graph.node.extend(
        [
            helper.make_node("Gather", [ONNX_INPUT, "column"], ["value"], axis=1),
            helper.make_node("Greater", ["value", "limit"], ["is_above"]),
            helper.make_node("Where", ["is_above", "nan", "scored"], [ONNX_OUTPUT]),
        ]
    )
    content: bytes = model.SerializeToString()
    return content


def encoding(spec: ModelSpec) -> RowEncoding:
    """An encoding of the declared columns; open categories have learned nothing."""
    return RowEncoding(
        columns=tuple(
            ColumnEncoding(
                name=source.name,
                codes={name: float(code) for code, name in enumerate(source.categories)}
                if source.kind == "category"
                else None,
                part=part,
            )
            for source, _, part in inputs_of(spec.features.columns())
        )
    )


def manifest(spec: ModelSpec, version: str, model: bytes, replayed: bytes = b"") -> BundleManifest:
    """A manifest of a version with this `model.onnx` and this `replay.json`."""
    regression = spec.task is Task.REGRESSION
    return BundleManifest(
        model=spec.name,
        version=version,
        task=spec.task,
        created_at=NOW,
        run_id="run",
        estimator="linear",
        data=DataFingerprint(dataset_version="d1", sha256="0" * 64, rows=1000),
        features=spec.features.columns(),
        encoding=encoding(spec),
        target=spec.target.column,
        threshold=0.4 if spec.task is Task.BINARY else None,
        classes=spec.classes or None,
        interval=PredictionInterval(
            level=0.8, lower_offset=-10.0, upper_offset=20.0, scale="absolute"
        )
        if regression
        else None,
        metrics={str(spec.gate.primary): 0.8},
        parity=Parity(rows=10, maximum_difference=0.0, mean_difference=0.0, tolerance=1e-5),
        libraries={"onnx": "1"},
        files={
            MODEL_FILE: sha256(model),
            BACKGROUND_FILE: sha256(background(spec)),
            CARD_FILE: sha256(CARD),
            REPLAY_FILE: sha256(replayed),
        },
    )


def background(spec: ModelSpec) -> bytes:
    """The rows of a `background.json`: the example with its numbers moved."""
    columns = [c for c in spec.features.columns() if c.kind.is_numeric]
    example = spec.features.example()
    moved = [
        {c.name: float(example[c.name]) * factor for c in columns} for factor in (0.5, 1.0, 2.0)
    ]
    return write_background([example | row for row in moved])


def replay(spec: ModelSpec, model: bytes) -> bytes:
    """The rows of a `replay.json`, the example many times, with this model's scores."""
    rows = [spec.features.example()] * 20
    scores = np.array(OnnxScorer(model).score(encoding(spec).encode(rows)))
    top = scores.max(axis=1) if scores.ndim > 1 else scores
    return Replay(rows=tuple(rows), scores=tuple(top.tolist())).model_dump_json().encode()


def put_bundle(
    store: ObjectStore,
    spec: ModelSpec,
    version: str,
    bias: float = 0.0,
    model: bytes | None = None,
) -> None:
    """Store a whole bundle, of a linear model unless another one is given."""
    columns = len(inputs_of(spec.features.columns()))
    binary, classes = spec.task is Task.BINARY, len(spec.classes) or 1
    model = model or linear_model(columns, bias, sigmoid=binary, classes=classes)
    folder = keys.bundle(spec.name, version)
    store.put(f"{folder}/{MODEL_FILE}", model)
    store.put(f"{folder}/{BACKGROUND_FILE}", background(spec))
    store.put(f"{folder}/{CARD_FILE}", CARD)
    replayed = replay(spec, model)
    store.put(f"{folder}/{REPLAY_FILE}", replayed)
    content = manifest(spec, version, model, replayed).model_dump_json().encode()
    store.put(f"{folder}/{MANIFEST_FILE}", content)


def put_pointer(
    store: ObjectStore,
    model: str,
    champion: str,
    challenger: Challenger | None = None,
    previous: str | None = None,
) -> None:
    """Let the pointer name versions, whatever it named before."""
    pointer = ReleasePointer(
        model=model,
        champion=champion,
        challenger=challenger,
        previous=previous,
        written_by="test",
        written_at=NOW,
        reason="test",
    )
    store.put(keys.release_pointer(model), pointer.model_dump_json().encode())


@dataclass
class RecordedTelemetry:
    """A `ServingTelemetry` that keeps what it hears."""

    requests: list[AnsweredRequest] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    rejections: list[tuple[str, int]] = field(default_factory=list)
    refusals: list[CapturedRefusal] = field(default_factory=list)
    releases: list[tuple[str, str | None]] = field(default_factory=list)
    outcomes: list[bool] = field(default_factory=list)
    shadow_failures: list[tuple[str, Exception]] = field(default_factory=list)
    challenger_failures: list[tuple[str, Exception]] = field(default_factory=list)
    refresh_failures: list[Exception] = field(default_factory=list)

    def answered(self, request: AnsweredRequest) -> None:
        """Keep it."""
        self.requests.append(request)

    def failed(self, request_id: str, error: Exception) -> None:
        """Keep it."""
        self.failures.append((request_id, error))

    def rejected(self, request_id: str, status: int) -> None:
        """Keep it."""
        self.rejections.append((request_id, status))

    def refused(self, refusal: CapturedRefusal) -> None:
        """Keep it."""
        self.refusals.append(refusal)

    def reported(self, *, corrected: bool) -> None:
        """Keep it."""
        self.outcomes.append(corrected)

    def shadow_failed(self, version: str, error: Exception) -> None:
        """Keep it."""
        self.shadow_failures.append((version, error))

    def challenger_failed(self, version: str, error: Exception) -> None:
        """Keep it."""
        self.challenger_failures.append((version, error))

    def released(self, version: str, challenger: str | None) -> None:
        """Keep it."""
        self.releases.append((version, challenger))

    def refresh_failed(self, error: Exception) -> None:
        """Keep it."""
        self.refresh_failures.append(error)


class Clock:
    """A clock that stands until it is moved, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(frozen=True)
class Reply:
    """What API Gateway hands to the caller."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The parsed JSON."""
        return json.loads(self.text)


def gateway_event(method: str, path: str, body: str) -> dict[str, Any]:
    """What API Gateway hands to the function in stage `dev`."""
    event = copy.deepcopy(EVENT) | {"httpMethod": method, "path": path, "body": body}
    event["requestContext"] |= {"path": f"/dev{path}"}
    return event


class Gateway:
    """Calls an application as API Gateway does, in stage `dev`."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self.request_id: str | None = GATEWAY_REQUEST_ID
        self.client = EVENT["requestContext"]["identity"]["apiKeyId"]
        self.may_report = True

    def get(self, path: str, **headers: str) -> Reply:
        """Send a GET request."""
        return self.send("GET", path, "", **headers)

    def post(self, path: str, body: object, **headers: str) -> Reply:
        """Send JSON."""
        return self.send("POST", path, json.dumps(body), **headers)

    def send(self, method: str, path: str, body: str, **headers: str) -> Reply:
        """Send anything; underscores in header names stand for hyphens."""
        event = gateway_event(method, path, body)
        event["requestContext"] |= {"requestId": self.request_id}
        event["requestContext"]["identity"] |= {"apiKeyId": self.client}
        if self.may_report:
            event["stageVariables"] = {stage_variable("caller"): self.client}
        for name, value in headers.items():
            event["multiValueHeaders"][name.replace("_", "-")] = [value]
        answer = self._handler(event, None)
        assert not answer["isBase64Encoded"], "the REST API would pass base64 on to the caller"
        headers_out = answer["headers"] | {k: v[0] for k, v in answer["multiValueHeaders"].items()}
        return Reply(answer["statusCode"], headers_out, answer["body"])


@dataclass
class Service:
    """A predict function in memory, with everything that a test may turn."""

    spec: ModelSpec
    store: ObjectStore = field(default_factory=memory_store)
    telemetry: RecordedTelemetry = field(default_factory=RecordedTelemetry)
    clock: Clock = field(default_factory=Clock)
    lake: ObjectStore = field(default_factory=memory_store)
    docs_enabled: bool = True
    details_enabled: bool = True
    allowed_origins: str = ""
    draw: float = 0.5
    patience_seconds: float = 5.0
    memory: PredictionCache | None = field(default_factory=lambda: PredictionCache(1_000))
    opened: int = 0

    def __post_init__(self) -> None:
        """Wire it as `bootstrap` does."""
        self.follower = follow_release(
            self.spec,
            self._open_store,
            self.telemetry,
            refresh_seconds=30.0,
            patience_seconds=self.patience_seconds,
            start_seconds=self.patience_seconds,
            clock=self.clock,
        )
        secret = FixedKeys(b"test")
        self.ids = PredictionIds(self.spec.name, secret)
        self.entities = EntityHashes(self.spec.name, secret)
        service = predict_service(
            self.spec,
            self._settings(),
            follower=self.follower,
            keys=secret,
            telemetry=self.telemetry,
            open_lake=lambda: self.lake,
            cache=self.memory,
            draw=lambda: self.draw,
        )
        self.predictor, self.explainer = service.predictor, service.explainer
        self.cards, self.recorder = service.cards, service.recorder
        self.refusals = service.refusals
        self.app = create_app(service)
        self.gateway = Gateway(behind_gateway(self.app, self.telemetry))

    def url(self, path: str) -> str:
        """A path below the model's."""
        return f"/{self.spec.name}{path}"

    def _open_store(self) -> ObjectStore:
        self.opened += 1
        return self.store

    def _settings(self) -> PredictSettings:
        return PredictSettings(
            stage="test",
            model=self.spec.name,
            artifacts_bucket="memory",
            lake_bucket="memory",
            signing_keys="key:test",
            refresh_seconds=30.0,
            maximum_body_bytes=600_000,
            docs_enabled=self.docs_enabled,
            details_enabled=self.details_enabled,
            allowed_origins=self.allowed_origins,
        )


def serving(spec: ModelSpec, version: str = "1", bias: float = 0.0) -> Service:
    """A predict function with one released version."""
    service = Service(spec)
    put_bundle(service.store, spec, version, bias)
    put_pointer(service.store, spec.name, version)
    return service
