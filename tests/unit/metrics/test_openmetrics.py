"""The fleet's metrics as text that Prometheus's own parser reads."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from modelfleet.metrics.exported import LEFT_OUT
from modelfleet.metrics.openmetrics import QUESTIONS_MAXIMUM, MetricQuestion, MetricsExport
from tests.exported import families

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
OWN = {"model": "churn", "version": "7"}


class Collected:
    """A `MetricCollector` that knows some metrics, and answers how many it was asked for."""

    def __init__(self, *known: MetricQuestion) -> None:
        self._known = known
        self.asked: list[tuple[Sequence[MetricQuestion], int, datetime, datetime]] = []
        self.silent = False

    def known(self) -> Sequence[MetricQuestion]:
        """Tell them."""
        return self._known

    def latest(
        self,
        questions: Sequence[MetricQuestion],
        period_seconds: int,
        start: datetime,
        end: datetime,
    ) -> Sequence[float | None]:
        """Answer each with its number."""
        self.asked.append((questions, period_seconds, start, end))
        return [None if self.silent else float(number) for number, _ in enumerate(questions)]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON + timedelta(minutes=7)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


def test_series_keep_their_dimensions_as_labels() -> None:
    """A metric is a series by model and version, and a percentile one by quantile too."""
    collected = Collected(MetricQuestion("requests", OWN), MetricQuestion("latency_ms", OWN))
    found = families(MetricsExport(collected, Clock()).text())
    (requests,) = found["modelfleet_requests"].samples
    assert (requests.labels, requests.value) == (OWN, 0.0)
    assert found["modelfleet_requests"].type == "gauge"
    assert found["modelfleet_latency_ms"].type == "summary"
    latencies = found["modelfleet_latency_ms"].samples
    assert [each.labels["quantile"] for each in latencies] == ["0.5", "0.95", "0.99"]
    assert {each.labels["version"] for each in latencies} == {"7"}


def test_what_is_measured_by_model_alone_is_told_once() -> None:
    """A metric by model is the sum of those by version, which whoever asks can make."""
    collected = Collected(MetricQuestion("requests", {"model": "churn"}))
    found = families(MetricsExport(collected, Clock()).text())
    assert found["modelfleet_requests"].samples == []


def test_watching_is_told_by_what_it_is_split_by() -> None:
    """The latest run within 26 hours counts, by feature where it was measured so."""
    collected = Collected(MetricQuestion("drift_score", OWN | {"feature": "Age"}))
    found = families(MetricsExport(collected, Clock()).text())
    (score,) = found["modelfleet_drift_score"].samples
    assert score.labels == OWN | {"feature": "Age"}
    (_, period, start, end) = collected.asked[-1]
    assert (period, end - start) == (3600, timedelta(hours=26))


def test_what_was_not_measured_has_no_series() -> None:
    """Silence is no zero."""
    collected = Collected(MetricQuestion("requests", OWN))
    collected.silent = True
    assert families(MetricsExport(collected, Clock()).text())["modelfleet_requests"].samples == []


def test_cloudwatch_is_asked_once_in_five_minutes() -> None:
    """Whoever scrapes more often gets the same text, and pays for nothing."""
    collected, clock = Collected(MetricQuestion("requests", OWN)), Clock()
    export = MetricsExport(collected, clock)
    first = export.text()
    (_, period, start, end) = collected.asked[0]
    assert (period, start, end) == (300, NOON, NOON + timedelta(minutes=5))
    asked = len(collected.asked)
    clock.now = NOON + timedelta(minutes=10, seconds=59)
    assert export.text() is first
    assert len(collected.asked) == asked
    clock.now = NOON + timedelta(minutes=11)
    export.text()
    assert collected.asked[asked][3] == NOON + timedelta(minutes=10)


def test_no_more_is_asked_than_one_call_takes() -> None:
    """What there is no room for is counted in the text, so that nobody takes it for silence."""
    versions = range(QUESTIONS_MAXIMUM + 20)
    known = [MetricQuestion("requests", OWN | {"version": str(each)}) for each in versions]
    collected = Collected(*known)
    found = families(MetricsExport(collected, Clock()).text())
    assert len(collected.asked[0][0]) == QUESTIONS_MAXIMUM
    assert found[LEFT_OUT].samples[0].value == 20


@pytest.mark.parametrize("name", ['say "no"', "back\\slash", "two\nlines"])
def test_labels_hold_any_text(name: str) -> None:
    """A feature may be called whatever its table calls it."""
    collected = Collected(MetricQuestion("drift_score", OWN | {"feature": name}))
    found = families(MetricsExport(collected, Clock()).text())
    assert found["modelfleet_drift_score"].samples[0].labels["feature"] == name
