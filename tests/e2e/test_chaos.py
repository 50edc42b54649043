"""Three blows to the running local cloud; `python -m tests.chaos` deals any number of them."""

from pathlib import Path
from typing import Any

import pytest

from cli.cloud import Cloud
from cli.local_cloud.layout import Layout
from tests.chaos.chaos import Chaos
from tests.chaos.moments import Activity, Blow, Moment, Part

MOMENTS = (
    Moment(1, Activity.LOAD, Part.ENGINE, Blow.KILL, after_seconds=1.5, frozen_seconds=0.0),
    Moment(2, Activity.BATCH, Part.DATABASE, Blow.STOP_KILL, after_seconds=1.0, frozen_seconds=2.0),
    Moment(
        3, Activity.DOWN, Part.ENGINE, Blow.STOP_CONTINUE, after_seconds=0.8, frozen_seconds=3.0
    ),
)


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost(
    layout: Layout, cloud: Cloud, first_release: dict[str, Any], tmp_path: Path
) -> None:
    """What was acknowledged before a kill is there once after it, and the champion answers."""
    assert first_release["champion"] == "1"
    chaos = Chaos(layout, tmp_path, seed=1)
    chaos.call(cloud)
    try:
        seen = [chaos.meet(moment) for moment in MOMENTS]
    finally:
        chaos.rest()
    assert chaos.told.predictions
    assert chaos.told.feedback
    assert [each.faults for each in seen] == [(), (), ()]
    assert any(each.struck for each in seen)
