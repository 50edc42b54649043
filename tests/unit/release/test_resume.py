"""What a failed execution finished is kept; an execution that cannot be resumed says why."""

from typing import Any

import pytest

from modelfleet.release.resume import PastExecution, last_output, resume
from modelfleet.retraining.state import (
    Failure,
    Prepared,
    RetrainingRequest,
    RetrainingState,
    Trained,
)
from modelfleet.spec.errors import RequestError

ASKED = RetrainingRequest(model="telecom", resume="first", by="ada")
PREPARED = Prepared(dataset_version="d1", rows={"train": 2}, quarantined=0)


def _past(status: str = "FAILED", **data: Any) -> PastExecution:
    state = RetrainingState(**({"model": "telecom", "execution": "first"} | data))
    return PastExecution(status, state.model_dump_json())


def test_results_are_kept() -> None:
    """Only results that exist are handed on, as the state machine asks whether they do."""
    trained = Trained(run_id="run", estimator="linear", parity_maximum_difference=0.0)
    failure = Failure(step="Evaluate", error="StepError", cause="broken")
    resumed = resume(ASKED, _past(prepared=PREPARED, trained=trained, failure=failure, tune=4))
    content = resumed.model_dump(mode="json")
    assert (content["work"], content["tune"], content["by"]) == ("first", 4, "ada")
    assert content["trained"]["run_id"] == "run"
    assert not {"evaluated", "registered", "approval", "failure"} & set(content)


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_an_execution_that_ended_without_cleaning_up(status: str) -> None:
    """The data of its last finished state count."""
    assert resume(ASKED, _past(status, prepared=PREPARED)).prepared == PREPARED


REFUSED: dict[str, tuple[PastExecution | None, str]] = {
    "unknown": (None, "no execution first"),
    "running": (_past("RUNNING", prepared=PREPARED), "still running"),
    "succeeded": (_past("SUCCEEDED", prepared=PREPARED), "has not failed"),
    "other model": (_past(model="leads", prepared=PREPARED), "retrained leads, not telecom"),
    "nothing done": (_past(), "finished no step"),
    "release of a version": (_past(version="7"), "fleet release start telecom 7"),
    "no state finished": (PastExecution("FAILED", None), "finished no step"),
    "refused request": (PastExecution("FAILED", '{"failure": 1}'), "finished no step"),
    "no JSON": (PastExecution("FAILED", "{"), "finished no step"),
    "nested too deep": (PastExecution("FAILED", "[" * 100_000), "finished no step"),
}


@pytest.mark.parametrize(("past", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_resumed(past: PastExecution | None, reason: str) -> None:
    """The refusal says what to do."""
    with pytest.raises(RequestError, match=reason):
        resume(ASKED, past)


@pytest.mark.parametrize("other", [{"force": True}, {"tune": 3}, {"version": "7"}])
def test_a_resumed_retraining_keeps_its_request(other: dict[str, Any]) -> None:
    """Another request cannot be slipped under work that was done for the first."""
    with pytest.raises(RequestError, match="keeps its own"):
        resume(ASKED.model_copy(update=other), _past(prepared=PREPARED))


def test_only_people_resume() -> None:
    """A schedule starts from the beginning."""
    with pytest.raises(ValueError, match="may not set resume"):
        RetrainingRequest(model="telecom", trigger="schedule", resume="first")


def test_the_last_output_is_searched_over_pages() -> None:
    """Events without output, such as retries, may fill whole pages."""
    left: dict[str, Any] = {"stateExitedEventDetails": {"name": "Train", "output": "{}"}}
    pages: dict[str | None, Any] = {
        None: {"events": [{"type": "TaskFailed"}] * 3, "nextToken": "more"},
        "more": {"events": [{"type": "TaskScheduled"}, left]},
    }
    assert last_output(pages.__getitem__) == "{}"
    assert last_output(lambda _: {"events": []}) is None
