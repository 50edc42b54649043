"""People hear of what was found, whatever becomes of the page that others' code draws."""

from dataclasses import replace

import pytest

from modelfleet.drift import run as watching
from modelfleet.drift.report import DriftReport
from modelfleet.drift.report_rows import ReportRows
from modelfleet.drift.reports import DRAWN_FILE, SUMMARY_FILE, report_folders
from modelfleet.drift.requests import DriftRequest
from modelfleet.metrics.drift_metrics import DriftMetric
from tests.watching import SPEC, World, sampled

DAILY = DriftRequest(model=SPEC.name, whole_hours=True)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A released version, asked for people of one age only; its data set is there."""
    made = World()
    made.release("7")
    made.predict([row | {"Age": 70} for row in sampled(300, seed=2)], "7")
    monkeypatch.setattr(watching, "drawn_rows", lambda *_: ReportRows((), {}, {}))
    return made


def unable(_title: str, _report: DriftReport, _rows: ReportRows) -> bytes:
    """Refuse to draw, as Evidently does with columns that it does not expect."""
    raise ValueError("An empty column was provided")


def test_who_cannot_draw_has_told_people(world: World) -> None:
    """The run fails aloud, after the decision was told, the summary kept and the metrics put."""
    with pytest.raises(ValueError, match="empty column"):
        watching.run_drift(SPEC, DAILY, replace(world.watcher, draw=unable))
    assert [each.action for each in world.told.decisions] == ["warn"]
    (folder,) = report_folders(world.artifacts, SPEC.name)
    assert world.artifacts.get(f"{folder}/{SUMMARY_FILE}").content
    names = {measured.name for measured in world.metrics.measurements}
    assert DriftMetric.DRIFT_RUNS in names


def test_the_retry_draws_and_tells_nobody_again(world: World) -> None:
    """What was left to do is done, and nothing twice."""
    with pytest.raises(ValueError, match="empty column"):
        watching.run_drift(SPEC, DAILY, replace(world.watcher, draw=unable))
    outcome = watching.run_drift(SPEC, DAILY, world.watcher)
    assert world.artifacts.get(f"{outcome.report}/{DRAWN_FILE}").content == b"<html>drawn</html>"
    assert len(world.told.decisions) == 1
