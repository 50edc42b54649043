"""Continues a failed execution: what it finished is not done again.

Step Functions' own redrive cannot: every error is caught and cleaned up, so it would repeat the
state `Failed`. The results of the finished steps are in the execution's history, which nobody can
write.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import ValidationError

from modelfleet.retraining.approval import ApprovalOutcome
from modelfleet.retraining.state import (
    CANDIDATE_BLOCKED,
    ROLLED_BACK,
    ResumedRequest,
    RetrainingRequest,
    RetrainingState,
)
from modelfleet.spec.errors import RequestError

_RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})
_SUCCEEDED = "SUCCEEDED"


class PastExecution(NamedTuple):
    """Status of an execution, and the data, as JSON, that the last of its states passed on."""

    status: str
    data: str | None


# Reads a page of an execution's events, newest first, by the token of the page.
ReadHistory = Callable[[str | None], Any]


def last_output(read: ReadHistory) -> str | None:
    """Return what the last finished state of an execution passed on; `None` if none finished."""
    token: str | None = None
    while True:
        page = read(token)
        for event in page["events"]:
            if details := event.get("stateExitedEventDetails"):
                return str(details.get("output"))
        token = page.get("nextToken")
        if token is None:
            return None


def resume(
    request: RetrainingRequest, past: PastExecution | None, champion: str | None = None
) -> ResumedRequest:
    """Complete a request to resume an execution with the results of its finished steps.

    A version that is not registered yet is evaluated again, as the champion may be another by now.
    The steps of a release are repeated, as cleanup has undone them. An approval counts as long as
    the champion is the one that the gate compared the version with.

    Parameters
    ----------
    request
        The request, with the execution to resume.
    past
        What is known of that execution; `None` if there is none.
    champion
        The current champion.

    Raises
    ------
    RequestError
        If the execution is unknown, is of another model, has not failed, has nothing to resume,
        ended with a verdict, or its version is the champion. The message says what to do instead.
    """
    name, model = str(request.resume), request.model
    if request.force or request.tune or request.version is not None:
        raise RequestError("a resumed retraining keeps its own force, tune, and version")
    state = _failed(request, past)
    if state is None or state.prepared is None or state.version is not None:
        again = _again(state) if state else f"fleet retrain {model}"
        raise RequestError(f"{name} finished no step that can be kept; start again with `{again}`")
    _require_no_verdict(state, name)
    if champion is not None and state.registered and state.registered.version == champion:
        raise RequestError(f"{model} {champion}, which {name} registered, is the champion")
    return ResumedRequest(
        **request.model_dump(exclude={"force", "tune", "evidence"}),
        force=state.force,
        tune=state.tune,
        evidence=state.evidence,
        work=state.staged_by,
        prepared=state.prepared,
        trained=state.trained,
        evaluated=state.evaluated if state.registered else None,
        registered=state.registered,
        approval=state.approval if _is_approved(state, champion) else None,
    )


def _failed(request: RetrainingRequest, past: PastExecution | None) -> RetrainingState | None:
    """Return the data of a failed execution; `None` if it failed before there were any."""
    name, model = str(request.resume), request.model
    if past is None:
        raise RequestError(f"no execution {name}; list them with `fleet jobs`")
    if past.status in _RUNNING:
        raise RequestError(f"{name} is still running; stop it with `fleet jobs stop {name}`")
    if past.status == _SUCCEEDED:
        raise RequestError(
            f"{name} has not failed; `fleet history {model}` shows what it did, and `fleet retrain "
            f"{model}` starts another"
        )
    if past.data is None:
        return None
    try:
        state = RetrainingState.model_validate(json.loads(past.data))
    except (ValueError, RecursionError, ValidationError):
        # It was refused, so its data are not those of a retraining, or another release wrote them.
        return None
    if state.model != model:
        raise RequestError(f"{name} retrained {state.model}, not {model}")
    return state


def _is_approved(state: RetrainingState, champion: str | None) -> bool:
    if state.approval is None or state.approval.outcome is not ApprovalOutcome.APPROVED:
        return False
    compared = state.evaluated.comparison if state.evaluated else None
    return compared is not None and compared.champion_version == champion


def _require_no_verdict(state: RetrainingState, name: str) -> None:
    error = state.failure.error if state.failure else ""
    if error == CANDIDATE_BLOCKED:
        raise RequestError(
            f"the gate blocked the candidate of {name}; its verdict stays the same. Train another "
            f"with `fleet retrain {state.model} --force`"
        )
    if error == ROLLED_BACK and state.registered:
        raise RequestError(
            f"{state.model} {state.registered.version} was rolled back by {name}; release it again "
            f"with `{_again(state)}`"
        )


def _again(state: RetrainingState) -> str:
    if state.version is not None:
        return f"fleet release start {state.model} {state.version}"
    if state.registered is not None:
        return f"fleet release start {state.model} {state.registered.version}"
    return f"fleet retrain {state.model}"
