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

# REST API events never have this key, so callers of the API cannot replay.
REPLAY_KEY = "replay"


class ReplayRequest(Frozen):
    """Rows to score with a version, released or not."""

    version: str
    rows: tuple[dict[str, Any], ...]


class ReplayedRow(Frozen):
    """Result for one row: its score and output, or the class of the error."""

    score: float | None = None
    output: Mapping[str, Any] | None = None
    latency_ms: float | None = None
    error: str | None = None


class ReplayAnswer(Frozen):
    """Results in the order of the rows."""

    version: str
    rows: tuple[ReplayedRow, ...]


def replay(
    spec: ModelSpec, request: ReplayRequest, load: Callable[[str], ServedModel]
) -> ReplayAnswer:
    """Validate and score each row separately, as in requests; a failed row does not affect others.

    Replayed rows are not logged or measured as predictions.

    Parameters
    ----------
    spec
        The model.
    request
        The version and the rows.
    load
        Loads a version, regardless of the release pointer.

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
    """Parse a predict function's event that does not come from API Gateway.

    Raises
    ------
    ReleaseError
        If it is not a replay request.
    """
    try:
        return ReplayRequest.model_validate(event[REPLAY_KEY])
    except (KeyError, ValidationError) as error:
        raise ReleaseError("not a replay request") from error
