"""The time that a row takes, by a clock that is played."""

from collections.abc import Sequence

import pytest

from modelfleet.datasets.manifest import Side
from modelfleet.evaluation import measure
from modelfleet.evaluation.measure import latency_ms
from modelfleet.tables.encoding import ColumnEncoding, RowEncoding
from tests.training import frame

ENCODING = RowEncoding(columns=(ColumnEncoding(name="Age"), ColumnEncoding(name="Balance")))


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def thread_time(self) -> float:
        """See `time.thread_time`."""
        return self.now


class Slow:
    """A scorer that takes 2 ms, much longer at first, and now and then because of others."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.calls, self.rows = clock, 0, set[int]()

    def score(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Score rows; see `Scorer.score`."""
        self.calls += 1
        self.rows.add(len(rows))
        self._clock.now += 5.0 if self.calls < 5 or self.calls % 3 == 0 else 0.002
        return [0.5] * len(rows)


def test_a_busy_machine_does_not_make_a_model_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the time of one row that counts, once warm, whatever some calls were held up by."""
    clock = Clock()
    monkeypatch.setattr(measure, "time", clock)
    scorer = Slow(clock)
    assert latency_ms(scorer, ENCODING, frame("bankchurn", Side.TEST)) == pytest.approx(2.0)
    assert scorer.rows == {1}
