"""More than two classes in service: which are answered, how surely, and what came of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.captures.window import Window
from modelfleet.captures.window_reader import read_window
from modelfleet.drift.decide import find_troubles
from modelfleet.drift.detect import LABEL, detect_drift
from modelfleet.drift.metrics import measurements
from modelfleet.drift.page import drift_page
from modelfleet.drift.performance.limits import performance_findings
from modelfleet.drift.performance.measure import measure_performance
from modelfleet.drift.performance.report import PerformanceReport, PerformanceStatus
from modelfleet.drift.report import DriftPolicy, DriftReport, DriftStatus, RunFindings
from modelfleet.drift.state import Decision, DriftAction, DriftState
from modelfleet.metrics.drift_metrics import ANSWERED_CLASS, DriftMetric
from modelfleet.outcomes.report import Feedback
from modelfleet.release.evidence import gather
from modelfleet.serving.answers import outcomes
from modelfleet.spec.model import Metric
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import validate
from tests.contract.multiclass.conftest import Made
from tests.releasing import Metrics

ROWS = 500
END = datetime(2026, 2, 1, tzinfo=UTC)
WINDOW = Window(start=END - timedelta(days=1), end=END)
Row = dict[str, Any]


class Service:
    """A lake with what callers asked of the released version, and what came of it."""

    def __init__(self, made: Made, **shifted: Any) -> None:
        self.made, self.lake = made, memory_store()
        drawn = import_module("models.graded.sample").sample(ROWS, 11, **shifted)
        self.rows: Sequence[Row] = validate(made.spec, enumerate(drawn)).accepted
        manifest = made.bundle.manifest
        self.answers = outcomes(
            manifest, made.scorer.score(manifest.encoding.encode(list(self.rows)))
        )
        captures = [self._capture(number) for number in range(len(self.rows))]
        folder = keys.captures("graded", captures[0].timestamp.date().isoformat())
        self.lake.put(f"{folder}/1.jsonl", "".join(map(write_capture, captures)).encode())

    def _capture(self, number: int) -> CapturedPrediction:
        features = {name: self.rows[number][name] for name in self.made.spec.feature_names}
        features.pop("owner")
        output = self.answers[number]._asdict()
        at = END - timedelta(hours=2)
        return CapturedPrediction(
            f"p{number}", "r", at, "graded", "1", "champion", 1.0, features, output
        )

    def report(self, rows: int, **changed: str) -> None:
        """What came of the first predictions."""
        for number, row in enumerate(self.rows[:rows]):
            name, actual = f"p{number}", changed.get(f"p{number}", row["grade"])
            stored = Feedback(
                prediction_id=name, model="graded", actual=actual, received_at=END, request_id="r"
            )
            day = (END - timedelta(hours=2)).date().isoformat()
            self.lake.put(keys.feedback("graded", day, name), stored.model_dump_json().encode())

    @property
    def probabilities(self) -> np.ndarray:
        """What was answered, a column a class."""
        told = [answer._asdict()["probabilities"] for answer in self.answers]
        return np.array([[each[name] for name in self.made.spec.classes] for each in told])

    @property
    def indices(self) -> np.ndarray:
        """The place of each row's own class."""
        return np.array([self.made.spec.classes.index(row["grade"]) for row in self.rows])

    def drift(self) -> DriftReport:
        """What the look at the window finds."""
        spec = self.made.spec.model_copy(update={"drift": DriftPolicy(reference_rows=100)})
        return detect_drift(
            spec,
            version="1",
            profile=ReferenceProfile.parse(self.made.bundle.files["profile.json"]),
            current=read_window(self.lake, spec, WINDOW, version="1"),
            window=WINDOW,
            made_at=END,
        )

    def performance(self) -> PerformanceReport:
        """How good the window's answers are."""
        return measure_performance(self.made.spec, self.lake, window=WINDOW, now=END)


@pytest.fixture(scope="module")
def usual(made: Made) -> Service:
    """Callers like those of training, of whom 400 have said what came of it."""
    service = Service(made)
    service.report(400)
    return service


def test_a_window_holds_the_answered_classes(usual: Service) -> None:
    """As many labels as predictions, in the same order, and the likeliest one's probability."""
    window = read_window(usual.lake, usual.made.spec, WINDOW)
    assert window.labels is not None
    answered = [window.labels.names[code] for code in window.labels.codes]
    assert answered == [answer._asdict()["label"] for answer in usual.answers]
    assert window.predictions == pytest.approx(usual.probabilities.max(axis=1))


def test_of_many_predictions_labels_are_thinned_with_their_rows(usual: Service) -> None:
    """What is kept of a row is kept of its answer."""
    window = read_window(usual.lake, usual.made.spec, WINDOW, rows_maximum=200)
    assert window.labels is not None
    assert len(window.labels.codes) == len(window.predictions) == window.rows <= 200
    told = {answer._asdict()["probability"]: answer._asdict()["label"] for answer in usual.answers}
    for code, probability in zip(window.labels.codes, window.predictions, strict=True):
        assert told[float(probability)] == window.labels.names[code]


def test_callers_as_usual_have_not_drifted(usual: Service) -> None:
    """Both parts of the answer are compared, and neither is found to differ."""
    report = usual.drift()
    assert report.status in (DriftStatus.NO_DRIFT, DriftStatus.WARNING)
    assert report.label is not None
    assert report.prediction is not None
    assert not report.label.drifted
    assert set(report.label.current.labels) >= {"low", "high"}


def test_other_callers_get_other_classes(made: Made) -> None:
    """The class that is answered drifts by its shares, and is named among the troubles."""
    report = Service(made, shift={"size": 30}).drift()
    assert report.status is DriftStatus.DRIFT
    assert report.label is not None
    assert report.label.drifted
    assert report.label.name == LABEL
    assert LABEL in report.reason
    troubles = [trouble.text for trouble in find_troubles(report, ())]
    assert any(text.startswith("predicted class drifted: ") for text in troubles)
    assert {column.name for column in report.drifted} >= {"size", LABEL}


def test_the_page_and_the_metrics_show_it(made: Made) -> None:
    """The class has a figure of its own on the report, and a drift score under its own name."""
    service = Service(made, shift={"size": 30})
    service.report(300)
    looked = RunFindings(made.bundle.manifest, service.drift(), service.performance(), ())
    decision = Decision(
        model="graded",
        version="1",
        window_end=END,
        decided_at=END,
        action=DriftAction.WARN,
        report="reports/x",
    )
    page = drift_page(made.spec, looked, decision, DriftState(model="graded"), ()).decode()
    assert f"<h3>{LABEL} " in page
    assert "extreme value" in page
    found = measurements("modelfleet", looked, decision, END)
    names = {each.dimensions.get("feature") for each in found}
    assert ANSWERED_CLASS in names
    shares = {
        each.dimensions["class"]: each.values[0]
        for each in found
        if each.name == DriftMetric.CLASS_SHARE
    }
    answered = [answer._asdict()["label"] for answer in service.answers]
    assert shares == {name: answered.count(name) / ROWS for name in shares}
    realised = {
        each.dimensions["metric"] for each in found if each.name == DriftMetric.REALISED_PERFORMANCE
    }
    assert realised == {metric.value for metric in made.spec.metrics}


def test_realised_metrics_are_those_of_scikit_learn(usual: Service) -> None:
    """Measured on the rows whose outcome is known, with intervals."""
    (version,) = usual.performance().versions
    assert (version.predictions, version.labels) == (ROWS, 400)
    p = usual.probabilities[:400]
    expected = log_loss(usual.indices[:400], p / p.sum(axis=1, keepdims=True))
    assert version.realised[Metric.LOG_LOSS].value == pytest.approx(expected)
    accuracy = (p.argmax(axis=1) == usual.indices[:400]).mean()
    assert version.realised[Metric.ACCURACY].value == pytest.approx(accuracy)
    assert set(version.realised) == set(usual.made.spec.metrics)
    assert all(each.lower is not None for each in version.realised.values())


def test_calibrated_probabilities_tell_what_to_expect(usual: Service) -> None:
    """What they lead to expect is near what came true, and holds against the held-out rows."""
    report = usual.performance()
    (version,) = report.versions
    assert set(version.expected) == set(usual.made.spec.metrics) - {Metric.CALIBRATION_ERROR}
    top = usual.probabilities.max(axis=1).mean()
    assert version.expected[Metric.ACCURACY].value == pytest.approx(top, abs=1e-6)
    for metric, expected in version.expected.items():
        assert expected.value == pytest.approx(version.realised[metric].value, rel=0.2), metric
    manifests = {"1": usual.made.bundle.manifest}
    findings = performance_findings(usual.made.spec.gate, report, manifests)
    assert [each.status for each in findings] == [PerformanceStatus.AS_EXPECTED] * 2


def test_an_outcome_that_is_no_class_is_not_counted(made: Made) -> None:
    """Such as one from before the classes were renamed."""
    service = Service(made)
    service.report(100, p3="medium", p7="medium")
    (version,) = service.performance().versions
    assert version.labels == 98


def losses(made: Made, lake: ObjectStore) -> list[float]:
    """What a release knows of the champion's losses."""
    start = END - timedelta(days=1)
    return list(gather(made.spec, ["1"], start, END, lake, Metrics()).champion.losses)


def test_a_release_compares_brier_scores(usual: Service) -> None:
    """A loss is the squared distance from what came true, over all classes."""
    truth = np.eye(4)[usual.indices]
    expected = ((usual.probabilities - truth) ** 2).sum(axis=1)[:400]
    # They are read in an order that no caller chooses.
    found = sorted(losses(usual.made, usual.lake))
    assert found == pytest.approx(sorted(expected.tolist()))


def test_an_answer_that_names_another_class_is_invalid(made: Made) -> None:
    """A version that answers what the model has not declared is counted against it."""
    service = Service(made)
    odd = service._capture(0)
    output = {"label": "odd", "probability": 1.0, "probabilities": {"odd": 1.0}}
    line = write_capture(
        CapturedPrediction(
            "odd", "r", odd.timestamp, "graded", "1", "champion", 1.0, odd.features, output
        )
    )
    day = odd.timestamp.date().isoformat()
    service.lake.put(f"{keys.captures('graded', day)}/2.jsonl", line.encode())
    start = END - timedelta(days=1)
    found = gather(made.spec, ["1"], start, END, service.lake, Metrics()).champion
    assert (found.invalid, len(found.scores)) == (1, ROWS)
    assert service.performance().versions[0].predictions == ROWS


def test_names_that_cloudwatch_refuses_are_spelled_out(made: Made) -> None:
    """A class or a feature in another script is measured under a name of plain characters."""
    service = Service(made)
    report = service.drift()
    assert report.label is not None
    current = report.label.current
    named = current.model_copy(update={"labels": ("été", *current.labels[1:])})
    label = report.label.model_copy(update={"current": named})
    looked = RunFindings(
        made.bundle.manifest,
        report.model_copy(update={"label": label}),
        service.performance(),
        (),
    )
    decision = Decision(
        model="graded", version="1", window_end=END, decided_at=END, action=DriftAction.NONE,
        report="reports/x",
    )  # fmt: skip
    names = {each.dimensions.get("class") for each in measurements("m", looked, decision, END)}
    assert "\\xe9t\\xe9" in names
