"""Scores rows with a given version, for releases and drills."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from modelfleet.serving.answers import outcomes
from modelfleet.serving.load import ServedModel
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ModelfleetError, ReleaseError
from modelfleet.spec.features import row_of
from modelfleet.spec.model import ModelSpec

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


def replay(
    spec: ModelSpec, request: ReplayRequest, load: Callable[[str], ServedModel]
) -> ReplayAnswer:
    """Validate and score each row by itself, as requests are; a row that fails fails alone.

    Nothing of it is logged or measured as a prediction: nobody asked for one.

    Parameters
    ----------
    spec
        The model.
    request
        The version and the rows.
    load
        Gives a version, whatever the release pointer says.

    Raises
    ------
    BundleError
        If the version cannot be loaded.
    """
    model = load(request.version)
    return ReplayAnswer(
        version=model.manifest.version,
        rows=tuple(_answered(spec, model, row) for row in request.rows),
    )


def _answered(spec: ModelSpec, model: ServedModel, row: Mapping[str, Any]) -> ReplayedRow:
    started = time.perf_counter()
    try:
        valid = row_of(spec.features.model_validate(dict(row)))
        (outcome,) = outcomes(
            model.manifest, model.scorer.score(model.manifest.encoding.encode([valid]))
        )
    except (ModelfleetError, ValidationError) as error:
        return ReplayedRow(error=type(error).__name__)
    elapsed_ms = (time.perf_counter() - started) * 1000
    return ReplayedRow(score=outcome.score, output=outcome._asdict(), latency_ms=elapsed_ms)


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
        raise ReleaseError("not a replay request") from error
