"""What a release asks a predict function directly: the answers of one version to some rows."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ReleaseError

# No REST API event has this key, so that nobody reaches a version through the gateway.
REPLAY_KEY = "replay"


class ReplayRequest(Frozen):
    """Rows to answer with a version, whether it is released or not."""

    version: str
    rows: tuple[dict[str, Any], ...]


class ReplayedRow(Frozen):
    """One row's answer, or the kind of error that it ended in."""

    score: float | None = None
    output: Mapping[str, Any] | None = None
    latency_ms: float | None = None
    error: str | None = None


class ReplayAnswer(Frozen):
    """The answers, in the order of the rows."""

    version: str
    rows: tuple[ReplayedRow, ...]


def read_replay_request(event: Mapping[str, Any]) -> ReplayRequest:
    """Parse a predict function's event that is no request of the gateway.

    Raises
    ------
    ReleaseError
        If it cannot be read.
    """
    try:
        return ReplayRequest.model_validate(event[REPLAY_KEY])
    except (KeyError, ValidationError) as error:
        raise ReleaseError("not a request to replay rows") from error
