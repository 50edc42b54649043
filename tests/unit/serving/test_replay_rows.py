"""A version of choice answers rows as it would answer requests, and each row by itself."""

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.registry.manifest import REPLAY_FILE, Replay
from modelfleet.serving.load import ServedModel, load
from modelfleet.serving.replay import ReplayRequest, read_replay_request, replay
from modelfleet.spec.errors import BundleError, ObjectNotFoundError, ReleaseError
from modelfleet.storage import keys
from tests.serving import put_bundle

SPECS = [find("telecom"), find("carvision")]
STORE = memory_store()
for spec in SPECS:
    put_bundle(STORE, spec, "3", bias=1.0)


def loaded(model: str, version: str) -> ServedModel:
    """A version from the bucket."""
    return load(STORE, find(model), version, OnnxScorer)


@pytest.mark.parametrize("model", ["telecom", "carvision"])
def test_stored_rows_have_their_stored_scores(model: str) -> None:
    """What the bundle says its rows score is what the version answers, with a time for each."""
    stored = Replay.parse(STORE.get(f"{keys.bundle(model, '3')}/{REPLAY_FILE}").content)
    request = ReplayRequest(version="3", rows=stored.rows)
    answer = replay(find(model), request, lambda version: loaded(model, version))
    assert answer.version == "3"
    assert [row.score for row in answer.rows] == pytest.approx(list(stored.scores))
    assert all(row.output and row.latency_ms and row.latency_ms > 0 for row in answer.rows)


def test_a_row_fails_alone() -> None:
    """A row that is not valid ends in the kind of its error, the others are answered."""
    example = find("telecom").features.example()
    request = ReplayRequest(version="3", rows=({"calls": "many"}, example))
    wrong, right = replay(find("telecom"), request, lambda v: loaded("telecom", v)).rows
    assert (wrong.score, wrong.error) == (None, "ValidationError")
    assert right.error is None


def test_a_version_that_is_not_there_is_an_error() -> None:
    """No version is made up."""
    request = ReplayRequest(version="9", rows=())
    with pytest.raises((BundleError, ObjectNotFoundError)):
        replay(find("telecom"), request, lambda v: loaded("telecom", v))


@pytest.mark.parametrize("event", [{}, {"replay": {}}, {"replay": {"version": "1", "rows": 3}}])
def test_an_unreadable_event_says_so(event: dict[str, object]) -> None:
    """A direct call that is no replay is a permanent error."""
    with pytest.raises(ReleaseError, match="replay"):
        read_replay_request(event)
