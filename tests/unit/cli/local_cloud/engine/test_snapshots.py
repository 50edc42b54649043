"""How often the engine's state is written."""

import pytest

from cli.local_cloud.engine.snapshots import pause_seconds


@pytest.mark.parametrize(("took", "pause"), [(0.0, 1.0), (0.5, 2.0), (1.0, 4.0), (30.0, 4.0)])
def test_the_pause_grows_with_the_time_of_a_write(took: float, pause: float) -> None:
    """The pause grows with the duration of a write, up to a few seconds."""
    assert pause_seconds(took) == pause
