"""A task that only this test knows passes through all code that does not ask which one it is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import Pipeline

from functions.predict import answers
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.batch.results import prediction_fields
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.captures.window import Window
from modelfleet.captures.window_reader import read_window
from modelfleet.datasets.check import check_data
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import require_enough, split
from modelfleet.drift.performance.measure import measure_performance
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.compare import Answers, compare
from modelfleet.evaluation.gate import Decision, decide
from modelfleet.evaluation.holdout import held_out
from modelfleet.evaluation.limits import Measured
from modelfleet.evaluation.measure import predict
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.pointer import Variant
from modelfleet.release.evidence import loss
from modelfleet.sampling.samplers import from_schema
from modelfleet.serving.answers import is_valid, outcomes
from modelfleet.serving.score import Prediction, Predictions
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.serving.tasks.task_answers import TaskAnswers
from modelfleet.spec.data_limits import Check
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.spec.tasks.kind import TaskKind
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.metrics.estimates import metric_estimates
from modelfleet.statistics.metrics.measures import r_squared, value_measures
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.statistics.tasks.task_statistics import TaskStatistics, Values
from modelfleet.storage import keys
from modelfleet.tables.validate import validate
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.export import export, measure_parity
from modelfleet.training.fit import fit
from tests.serving import manifest
from tests.unit.conftest import ToyFeatures

END = datetime(2026, 2, 3, tzinfo=UTC)
WINDOW = Window(start=END - timedelta(days=1), end=END)


class Tally(NamedTuple):
    """A count, and whether it is called many."""

    value: float
    many: int

    @property
    def score(self) -> float:
        """The count."""
        return self.value

    @property
    def low_confidence(self) -> None:
        """Nothing is known of it."""
        return

    def body(self, classes: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002  it has none
        """Every field."""
        return self._asdict()


def _read(_target: Target, value: Any) -> tuple[Any, tuple[Check, str] | None]:
    try:
        count = int(value)
    except ValueError:
        return nan, (Check.TYPES, "it must be a whole number")
    return (count, None) if count >= 0 else (count, (Check.RANGES, "it must be 0 or more"))


KIND = TaskKind(
    metrics=frozenset({Metric.MAE, Metric.RMSE}),
    label_fault=lambda labels: "" if labels is None else "a count has no classes",
    read=_read,
    read_outcome=_read,
    summary=lambda counts: {"total": sum(counts)},
    distribution=lambda counts: f"{counts[0]:,} rows have none",
    rule_field="threshold",
    always_measured=(),
    always_compared=(),
    has_confidence=False,
    numeric_text=True,
    power_measure="R²",
    no_power=0.0,
    score_field="value",
    score_range=(0.0, inf),
)


def _measures(y: Values, predicted: Values, _rule: float) -> dict[Metric, Any]:
    found = value_measures(y, predicted, predicted, predicted)
    return {metric: found[metric] for metric in KIND.metrics}


COUNTED = TaskStatistics[float](
    measures=_measures,
    choose_rule=lambda _spec, y, _predicted: float(np.median(y)),
    rule_metrics=lambda rule: {"many_from": rule},
    decisions=lambda predicted, rule: (predicted >= rule).astype(np.float64),
    obstacle=lambda *_: "",
    power=lambda y, predicted: on_rows(r_squared(y, predicted), y.size),
    column_power=lambda y, fit: on_rows(r_squared(y, fit(y)), y.size),
    importance=("absolute error", lambda y, predicted: float(np.abs(y - predicted).mean())),
    realised=lambda y, predicted, _ends, wanted: metric_estimates(
        _measures(y, predicted, 0.0), wanted, y, predicted, np.zeros_like(y), 1
    ),
    not_expected="a count has no probability",
    method="predict",
    stratified=False,
    calibrated=False,
)
TALLIED = TaskAnswers[float](
    outcome=Tally,
    outcomes=lambda rule, scores: [Tally(float(each), int(each >= rule)) for each in scores],  # type: ignore[arg-type,operator]  # one number a row
    is_valid=lambda _spec, score, _output: score >= 0,
    predicted=lambda output, _classes: float(output["value"]),
    ends=lambda _output: (nan, nan),
    loss=lambda output, actual: abs(float(output["value"]) - float(actual)),
)


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A model of the fourth task, which two tables know for as long as a test takes."""
    task = str.__new__(Task, "count")
    task._name_, task._value_, task.kind = "COUNT", "count", KIND
    monkeypatch.setitem(STATISTICS, task, COUNTED)
    monkeypatch.setitem(ANSWERS, task, TALLIED)
    return declared(task)


def declared(task: Task, **changes: Any) -> ModelSpec:
    """The model's declaration."""
    given = {
        "name": "visits",
        "title": "Visits",
        "description": "How often somebody comes.",
        "task": task,
        "target": Target(column="visits", description="Visits in a year"),
        "features": ToyFeatures,
        "metrics": (Metric.MAE, Metric.RMSE),
        "gate": Gate(primary=Metric.MAE, margin=0.5),
    }
    return ModelSpec(**given | changes)


def table(spec: ModelSpec, rows: int = 400) -> list[dict[str, Any]]:
    """Generated rows, whose count hangs on a feature."""
    drawn = from_schema(spec).sample(spec, rows, 1)
    return [{**row, "visits": str(int(row["age"]) // 10)} for row in drawn]


def test_a_spec_is_checked_by_the_facts_of_its_task(spec: ModelSpec) -> None:
    """Metrics, labels, and ranking are refused that the task does not have."""
    with pytest.raises(ValidationError, match="roc_auc does not measure a count model"):
        declared(spec.task, metrics=(Metric.ROC_AUC, Metric.MAE))
    with pytest.raises(ValidationError, match="a count has no classes"):
        declared(spec.task, target=Target(column="visits", description="", labels=("a", "b")))
    with pytest.raises(ValidationError, match="only binary models rank rows"):
        declared(spec.task, serving={"ranked_as": "leads"})
    assert spec.classes == spec.outcomes == ()


def test_a_table_is_checked(spec: ModelSpec) -> None:
    """Rows are read as the task reads its target, and the report says what it says of them."""
    wrong = [
        {**row, "visits": visits} for row, visits in zip(table(spec, 2), ("-1", "x"), strict=True)
    ]
    rows = validate(spec, enumerate([*table(spec), *wrong]))
    assert len(rows.accepted) == 400
    assert [each.reasons for each in rows.rejected] == [
        ("visits: it must be 0 or more",),
        ("visits: it must be a whole number",),
    ]
    report = check_data(spec, rows, version="v", source="visits.csv", now=END)
    assert "0 rows have none" in {finding.message for finding in report.findings}
    assert Check.CONFLICTS not in {finding.check for finding in report.findings}
    assert max(column.leakage or 0.0 for column in report.columns) > 0.9
    assert report.positive_share is None


def test_a_model_is_trained_judged_served_and_watched(spec: ModelSpec) -> None:
    """From validated rows to the gate, an answer, a table of results, and performance."""
    sides = split(spec, validate(spec, enumerate(table(spec))).accepted)
    require_enough(spec, sides)
    train, test = (read_frame(to_parquet(spec, sides[side])) for side in (Side.TRAIN, Side.TEST))
    forest = RandomForestRegressor(20, random_state=0)
    pipeline = with_encoding(spec, Pipeline([("forest", forest)]))
    assert max(CrossValidation.of(spec, train, 1).out_of_fold(pipeline).scores) < 1.0
    model = fit(spec, pipeline, train, 1)
    assert model.calibration is None
    content = export(model, OnnxExporter())
    scorer = OnnxScorer(content)
    parity = measure_parity(model, scorer, spec.features.columns(), test)
    y = test["visits"].to_numpy(dtype=np.float64)
    predicted = predict(scorer, model.encoding, test)
    rule = STATISTICS[spec.task].choose_rule(spec, y, predicted)
    evaluation = assess(spec, rule, test, predicted)
    assert set(evaluation.metrics) == {"mae", "rmse"}
    assert held_out(spec, scorer, model.encoding, test, 1).importance_measure == "absolute error"
    assert (
        _decision(
            spec,
            test,
            predicted,
            rule,
            Measured(
                evaluation=evaluation, parity=parity, bundle_bytes=len(content), latency_ms=1.0
            ),
        )
        is Decision.KEEP
    )

    version = manifest(spec, "1", content).model_copy(
        update={"threshold": rule, "encoding": model.encoding}
    )
    rows = [spec.features.example()]
    (told,) = outcomes(version, scorer.score(version.encoding.encode(rows)))
    output = told._asdict()
    made = Predictions("1", Variant.CHAMPION, (Prediction("p1", told),), None)
    assert answers.single(spec, made)["value"] == output["value"]
    assert is_valid(spec, output)
    assert not is_valid(spec, {"value": -1.0})
    assert loss(spec, {"value": 3.0}, 5.0) == 2.0
    assert [*prediction_fields(spec)] == ["value", "many"]


def _decision(
    spec: ModelSpec, rows: pd.DataFrame, predicted: Values, rule: float, measured: Measured
) -> Decision:
    """What the gate makes of a candidate that answers as the champion does."""
    one = Answers("1", "d", predicted, rule)
    comparison = compare(spec, rows, one, one)
    assert [test.name for test in comparison.others].count("McNemar") == 1
    return decide(spec.gate, spec.slices, measured, comparison).decision


def test_what_it_answered_is_read_back(spec: ModelSpec) -> None:
    """From captures and outcomes, by the field of its score."""
    lake = memory_store()
    lines = [write_capture(capture(spec, f"p{count}", count)) for count in range(40)]
    lake.put(f"{keys.captures(spec.name, '2026-02-02')}/1.jsonl", "".join(lines).encode())
    for count in range(40):
        report = Feedback(
            prediction_id=f"p{count}", model=spec.name, actual=count + 2.0, received_at=END,
            request_id="r",
        )  # fmt: skip
        key = keys.feedback(spec.name, "2026-02-02", report.prediction_id)
        lake.put(key, report.model_dump_json().encode())
    assert read_window(lake, spec, WINDOW).predictions.sum() == sum(range(40))
    (found,) = measure_performance(spec, lake, window=WINDOW, now=END).versions
    assert found.realised[Metric.MAE].value == 2.0
    assert found.expected == {}


def capture(spec: ModelSpec, name: str, count: int) -> CapturedPrediction:
    """A prediction as it is stored."""
    return CapturedPrediction(
        prediction_id=name,
        request_id=name,
        timestamp=END - timedelta(hours=1),
        model=spec.name,
        version="1",
        variant="champion",
        latency_ms=1.0,
        features={},
        output=Tally(float(count), 0)._asdict(),
    )
