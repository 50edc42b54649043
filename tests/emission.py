"""What the fleet's functions measure, found by running their own handlers."""

import importlib
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from typing import Any, NamedTuple
from unittest import mock

import boto3

from functions.predict.answer_kinds import answer_kinds
from modelfleet import bootstrap
from modelfleet.adapters.object_store import s3_store
from modelfleet.drift.requests import DriftRequest
from modelfleet.drift.run import run_drift
from modelfleet.metrics.embedded import Measurement, read_measurements
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.manifest import BACKGROUND_FILE
from modelfleet.registry.pointer import Challenger, Mode
from modelfleet.serving import follow
from modelfleet.settings import PredictSettings
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.serving import Gateway, failing_model, put_bundle, put_pointer
from tests.watching import SPEC, World, sampled

REGION = "us-east-1"
_BUCKET = "emission"
_FAILING_VERSION = "2"
_PREDICTIONS = 600


class Emitted(NamedTuple):
    """A metric as CloudWatch knows it."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


def emitted(measurements: list[Measurement]) -> set[Emitted]:
    """The metrics that measurements belong to."""
    return {
        Emitted(each.namespace, each.name, frozenset(each.dimensions.items()))
        for each in measurements
    }


@contextmanager
def environment(endpoint: str, variables: dict[str, str]) -> Iterator[None]:
    """Give this process the environment of a function, which has built nothing yet."""
    aws = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    with mock.patch.dict(os.environ, aws | variables):
        _forget()
        yield
    _forget()


def predict_emissions(endpoint: str, spec: ModelSpec) -> set[Emitted]:
    """Run a predict function through all that it measures: answers, refusals and failures."""
    settings = PredictSettings(
        stage="test",
        model=spec.name,
        artifacts_bucket=_BUCKET,
        lake_bucket=_BUCKET,
        signing_keys="key:test",
        refresh_seconds=0.0,
        maximum_body_bytes=1_000_000,
        docs_enabled=True,
        details_enabled=True,
        allowed_origins="",
    )
    written = io.StringIO()
    with environment(endpoint, settings.to_environment()), redirect_stdout(written):
        created = boto3.resource("s3").create_bucket(Bucket=_BUCKET)
        # What is not there will not come: nobody has to wait for it.
        with mock.patch.object(follow, "START_SECONDS", 0.2):
            _live_through(spec, s3_store(_BUCKET))
        created.objects.all().delete()
        created.delete()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return emitted([each for line in lines for each in read_measurements(line)])


def watch_emissions() -> set[Emitted]:
    """Let the drift function look at a day of predictions whose outcomes were reported."""
    world = World()
    world.release("7")
    rows = sampled(_PREDICTIONS, seed=2)
    world.predict(rows, "7")
    at = world.now - timedelta(hours=1)
    for number, row in enumerate(rows):
        outcome = Feedback(
            prediction_id=f"{at:%d%H%M%S}-{number}",
            model=SPEC.name,
            actual=float(row["Age"] > 45),
            received_at=world.now,
            request_id="r",
        )
        key = keys.feedback(SPEC.name, at.date().isoformat(), outcome.prediction_id)
        world.lake.put(key, outcome.model_dump_json().encode())
    run_drift(SPEC, DriftRequest(model=SPEC.name, whole_hours=True), world.watcher)
    return emitted(world.metrics.measurements)


def _live_through(spec: ModelSpec, store: ObjectStore) -> None:
    sys.modules.pop("functions.predict.handler", None)
    module: Any = importlib.import_module("functions.predict.handler")
    gateway, path = Gateway(module.handler), f"/{spec.name}/predict"
    column, row = _above_the_example(spec)
    assert gateway.post(path, row).status == 503
    put_bundle(store, spec, "1")
    put_pointer(store, spec.name, "1")
    with mock.patch.object(follow, "RETRY_SECONDS", 0.0):
        answered = gateway.post(path, row)
    assert answered.status == 200
    outcome = {"actual": answer_kinds(spec).example}
    outcome |= {"prediction_id": answered.body.get("prediction_id")}
    assert gateway.post(f"/{spec.name}/feedback", outcome).status == 202
    assert gateway.post(path, {}).status == 422
    store.put(f"{keys.bundle(spec.name, '1')}/{BACKGROUND_FILE}", b"[")
    assert gateway.post(f"/{spec.name}/explain", row).status == 503
    columns = [each.name for each in spec.features.columns()]
    above = float(spec.features.example()[column])
    failing = failing_model(columns, column, above, classes=len(spec.classes) or 1)
    put_bundle(store, spec, _FAILING_VERSION, model=failing)
    for mode in (Mode.CANARY, Mode.SHADOW):
        challenger = Challenger(version=_FAILING_VERSION, share=1.0, mode=mode)
        put_pointer(store, spec.name, "1", challenger)
        assert gateway.post(path, row).status == 200
    put_pointer(store, spec.name, _FAILING_VERSION)
    assert gateway.post(path, row).status == 500


def _above_the_example(spec: ModelSpec) -> tuple[str, dict[str, Any]]:
    """A column with a number, and a valid row in which it is more than in the example."""
    example = spec.features.example()
    for column in spec.features.columns():
        value = example[column.name]
        if isinstance(value, int | float) and not isinstance(value, bool):
            # A share has no room for a whole more.
            for more in (1, 0.01):
                row = example | {column.name: value + more}
                try:
                    spec.features.model_validate(row)
                except ValueError:
                    continue
                return column.name, row
    raise AssertionError(f"{spec.name} has no number that may be larger")


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith(bootstrap.__name__):
            for built in vars(module).values():
                if hasattr(built, "cache_clear"):
                    built.cache_clear()
