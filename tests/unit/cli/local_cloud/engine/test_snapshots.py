"""How often the engine's state is written."""

import pytest

from cli.local_cloud.engine.snapshots import pause_seconds


@pytest.mark.parametrize(("took", "pause"), [(0.0, 1.0), (0.5, 2.0), (1.0, 4.0), (30.0, 4.0)])
def test_a_slow_disk_makes_no_old_state(took: float, pause: float) -> None:
    """The pause grows with what a write costs, and never beyond a few seconds."""
    assert pause_seconds(took) == pause
