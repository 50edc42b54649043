"""Predictions and their outcomes in a lake in memory, measured by day and version."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.captures.window import Window
from modelfleet.catalogue import find
from modelfleet.drift.performance.measure import measure_performance
from modelfleet.drift.performance.report import PerformanceReport
from modelfleet.outcomes.report import Feedback
from modelfleet.serving.tasks.binary import classify
from modelfleet.spec.metric import Metric
from modelfleet.statistics.tasks.regression import STATISTICS
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

CHURN, CARS = find("bankchurn"), find("carvision")
END = datetime(2026, 2, 3, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = Window(start=END - 2 * DAY, end=END)
FIRST = END - 1.5 * DAY
SECOND = END - 0.5 * DAY
THRESHOLD = 0.3


class Lake:
    """A lake that predictions and outcomes are put into."""

    def __init__(self) -> None:
        self.store: ObjectStore = memory_store()
        self._objects = 0
        self._days: dict[str, str] = {}

    def churn(self, scores: Iterable[float], at: datetime, version: str = "1") -> list[str]:
        """Predict; answers the predictions' ids."""
        captures = [
            _capture(f"{version}-{at:%d}-{number}", at, version, score)
            for number, score in enumerate(scores)
        ]
        self.put(captures)
        return [capture.prediction_id for capture in captures]

    def put(self, captures: Iterable[CapturedPrediction]) -> None:
        """Write one object, as a delivery does."""
        self._objects += 1
        lines = list(captures)
        day = lines[0].timestamp.date().isoformat()
        self._days |= {capture.prediction_id: day for capture in lines}
        folder = keys.captures(lines[0].model, day)
        content = "".join(map(write_capture, lines)).encode()
        self.store.put(f"{folder}/{self._objects}.jsonl", content)

    def report(
        self, names: Iterable[str], actual: Iterable[float], model: str = CHURN.name
    ) -> None:
        """Report outcomes, days after."""
        for name, value in zip(names, actual, strict=True):
            outcome = Feedback(
                prediction_id=name,
                model=model,
                actual=value,
                received_at=END + 5 * DAY,
                request_id="r",
            )
            # A prediction that never reached the lake was made on a day of the window.
            day = self._days.get(name, FIRST.date().isoformat())
            self.store.put(keys.feedback(model, day, name), outcome.model_dump_json().encode())

    def measured(self) -> PerformanceReport:
        """What is found of the window."""
        return measure_performance(CHURN, self.store, window=WINDOW, now=END)


def _capture(name: str, at: datetime, version: str, score: float) -> CapturedPrediction:
    return CapturedPrediction(
        prediction_id=name,
        request_id="r",
        timestamp=at,
        model=CHURN.name,
        version=version,
        variant="champion",
        latency_ms=1.0,
        features={},
        output=classify(score, THRESHOLD)._asdict(),
    )


@pytest.fixture
def lake() -> Lake:
    """An empty lake."""
    return Lake()


@pytest.fixture
def scores() -> np.ndarray:
    """Four hundred probabilities."""
    return np.random.default_rng(1).beta(1, 3, 400)


@pytest.fixture
def outcomes(scores: np.ndarray) -> np.ndarray:
    """Outcomes as frequent as the probabilities say."""
    return (np.random.default_rng(2).random(scores.size) < scores).astype(float)


def test_late_outcomes_count_on_the_day_of_their_prediction(
    lake: Lake, scores: np.ndarray, outcomes: np.ndarray
) -> None:
    """Each day and version has its own labels and metrics, as scikit-learn measures them."""
    names = lake.churn(scores, FIRST)
    lake.churn(scores[:50], SECOND)
    lake.churn(scores[:20], SECOND, version="2")
    lake.report(names[:300], outcomes[:300])
    days = lake.measured().days
    assert [(d.day, d.version, d.predictions, d.labels, d.labels_share) for d in days] == [
        (date(2026, 2, 1), "1", 400, 300, 0.75),
        (date(2026, 2, 2), "1", 50, 0, 0.0),
        (date(2026, 2, 2), "2", 20, 0, 0.0),
    ]
    auc = days[0].realised[Metric.ROC_AUC]
    assert auc.value == pytest.approx(roc_auc_score(outcomes[:300], scores[:300]))
    assert auc.lower is not None
    assert auc.upper is not None
    assert auc.lower < auc.value < auc.upper
    assert days[1].realised == {}


def test_until_outcomes_come_the_scores_say_what_to_expect(
    lake: Lake, scores: np.ndarray, outcomes: np.ndarray
) -> None:
    """Calibrated scores: what is realised on the same rows lies where the outcomes' chance puts it.

    The Brier score of given probabilities has a known spread, so the distance is measured by it.
    """
    names = lake.churn(scores, FIRST)
    before = lake.measured().days[0]
    assert before.realised == {}
    assert set(before.expected) == {
        Metric.ROC_AUC,
        Metric.BRIER,
        Metric.PRECISION,
        Metric.RECALL,
    }
    lake.report(names, outcomes)
    after = lake.measured().days[0]
    assert after.expected == before.expected
    p = scores
    spread = np.sqrt((p * (1 - p) * (1 - 2 * p) ** 2).sum()) / p.size
    gap = after.realised[Metric.BRIER].value - before.expected[Metric.BRIER].value
    assert abs(gap) < 3 * spread
    lake.store = memory_store()
    names = lake.churn(scores, FIRST)
    lake.report(names, 1 - outcomes)
    wrong = lake.measured().days[0]
    assert wrong.realised[Metric.BRIER].value - before.expected[Metric.BRIER].value > 3 * spread


def test_what_is_delivered_twice_counts_once(lake: Lake, scores: np.ndarray) -> None:
    """A repeated delivery and a repeated report change nothing."""
    names = lake.churn(scores, FIRST)
    lake.report(names[:50], [1.0] * 25 + [0.0] * 25)
    once = lake.measured()
    lake.churn(scores, FIRST)
    lake.report(names[:50], [1.0] * 25 + [0.0] * 25)
    assert lake.measured() == once


def test_outcomes_without_a_prediction_are_counted(lake: Lake) -> None:
    """One of none is told and measured nowhere; one of an earlier day is not looked at."""
    early = lake.churn([0.5], WINDOW.start - DAY)
    lake.churn([0.5], FIRST)
    lake.report([*early, "never"], [1.0, 0.0])
    report = lake.measured()
    assert report.unmatched == 1
    assert [day.labels for day in report.days] == [0]


def test_a_version_has_its_days_together(
    lake: Lake, scores: np.ndarray, outcomes: np.ndarray
) -> None:
    """Over the window, a version's days are measured as one."""
    names = lake.churn(scores[:200], FIRST) + lake.churn(scores[200:], SECOND)
    lake.report(names, outcomes)
    (whole,) = lake.measured().versions
    assert (whole.predictions, whole.labels) == (400, 400)
    measured = whole.realised[Metric.ROC_AUC].value
    assert measured == pytest.approx(roc_auc_score(outcomes, scores))


@pytest.mark.parametrize(
    ("actual", "metrics"),
    [
        ([1.0], {Metric.BRIER, Metric.LOG_LOSS}),
        (
            [1.0, 0.0],
            {
                Metric.ROC_AUC,
                Metric.PR_AUC,
                Metric.BRIER,
                Metric.LOG_LOSS,
                Metric.RECALL,
                Metric.PRECISION,
                Metric.CALIBRATION_ERROR,
            },
        ),
    ],
)
def test_few_labels_say_little(lake: Lake, actual: list[float], metrics: set[Metric]) -> None:
    """Where one outcome is all there is, ranking is not measured; on few rows nothing has ends."""
    names = lake.churn([0.2, 0.6], FIRST)
    lake.report(names[: len(actual)], actual)
    realised = lake.measured().days[0].realised
    assert set(realised) == metrics
    assert {estimate.lower for estimate in realised.values()} == {None}


def test_answers_that_cannot_be_meant_are_left_out(lake: Lake) -> None:
    """A probability over 1 is no prediction to measure."""
    lake.put([_capture("a", FIRST, "1", 0.4)])
    lake.put([replace(_capture("b", FIRST, "1", 0.4), output={"probability": 7.0})])
    assert lake.measured().days[0].predictions == 1


def test_without_predictions_there_are_no_days(lake: Lake) -> None:
    """A model that was never called is an empty report, not an error."""
    report = lake.measured()
    assert (report.days, report.versions, report.unmatched) == ((), (), 0)


@pytest.mark.parametrize("labels", [5, 60])
def test_a_regression_is_measured_and_not_foretold(lake: Lake, labels: int) -> None:
    """Errors and coverage come from the answers' own intervals; nothing is expected, and why."""
    rng = np.random.default_rng(4)
    value = rng.uniform(5_000, 20_000, labels)
    off = rng.normal(0, 1_000, labels)
    lake.put(
        replace(
            _capture(str(number), FIRST, "1", 0.5),
            model=CARS.name,
            output={"value": told, "lower": told - 1_500, "upper": told + 1_500},
        )
        for number, told in enumerate(value)
    )
    lake.report(map(str, range(labels)), value + off, CARS.name)
    report = measure_performance(CARS, lake.store, window=WINDOW, now=END)
    (day,) = report.days
    assert day.realised[Metric.RMSE].value == pytest.approx(np.sqrt((off**2).mean()))
    assert day.realised[Metric.MAE].value == pytest.approx(np.abs(off).mean())
    covered = day.realised[Metric.INTERVAL_COVERAGE]
    assert covered.value == pytest.approx((np.abs(off) <= 1_500).mean())
    assert (covered.lower is None) is (labels < 30)
    assert day.expected == {}
    assert report.note == STATISTICS.not_expected
