"""What a release is judged on, however much one client calls."""

from datetime import timedelta

import pytest

from modelfleet.release import evidence
from tests.releasing import Fleet

FLOOD, OTHERS = 3_000, 200


@pytest.fixture
def flooded(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A client's flood, and after it what others are answered by either version."""
    monkeypatch.setattr(evidence, "CAPTURES_MAXIMUM", 1_000)
    fleet = Fleet()
    fleet.traffic("1", [0.1] * FLOOD, clients=["flood"] * FLOOD)
    fleet.now += timedelta(seconds=1)
    fleet.traffic("2", [0.9] * OTHERS, clients=["other"] * OTHERS)
    return fleet


def test_a_flood_hides_nobody(flooded: Fleet) -> None:
    """All of the others' predictions are read, and of the flood what fits."""
    start, end = flooded.now - timedelta(hours=1), flooded.now + timedelta(hours=1)
    found = evidence.gather(flooded.spec, ["1", "2"], start, end, flooded.lake, flooded.metrics)
    assert len(found.challenger.scores) == OTHERS
    assert 200 <= len(found.champion.scores) <= 800
    assert found.several_clients
