"""Asks a model's own predict function, in ways that are never captured as traffic.

Scores come from replays of the champion, explanations from the API's `/explain`.
"""

import json
import secrets
from collections.abc import Sequence
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from modelfleet.console.views.trying.form import Row
from modelfleet.serving.proxy_event import ProxyAnswer, proxy_event
from modelfleet.serving.replay import ReplayAnswer, ReplayedRow, ReplayRequest
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import CallError

_OK = 200


class AskedFunction(Protocol):
    """A model's predict function behind its alias."""

    def ask(self, request: ReplayRequest) -> ReplayAnswer:
        """Score rows with a version of the model."""
        ...

    def request(self, event: dict[str, object]) -> ProxyAnswer:
        """Send a request of the API."""
        ...


class Contribution(Frozen, extra="ignore"):
    """What one column adds to a prediction."""

    feature: str
    contribution: float


class Explained(Frozen, extra="ignore"):
    """An answer of `/explain`: `base_value` plus all contributions equals `prediction`."""

    version: str
    prediction: float
    base_value: float
    contributions: tuple[Contribution, ...]


def scored(
    function: AskedFunction, version: str, rows: Sequence[Row]
) -> tuple[str, Sequence[ReplayedRow]]:
    """Return the version that answered, and its result for each row."""
    answer = function.ask(ReplayRequest(version=version, rows=tuple(map(dict, rows))))
    return answer.version, answer.rows


def explained(function: AskedFunction, model: str, row: Row) -> Explained:
    """Return what each column contributes to a row's prediction.

    Raises
    ------
    CallError
        If the call fails, or the model cannot explain the row.
    """
    event = proxy_event("POST", f"/{model}/explain", json.dumps(dict(row)), secrets.token_hex(8))
    answer = function.request(event)
    try:
        if answer.status == _OK:
            return _EXPLAINED.validate_json(answer.body)
    except ValidationError as error:
        raise CallError("the explanation is not readable", transient=False) from error
    raise CallError(f"the explanation failed with status {answer.status}", transient=False)


_EXPLAINED = TypeAdapter(Explained)
