"""Answer rows with a version of choice, as a release asks before anybody else is shown it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from modelfleet.serving.load import ServedModel
from modelfleet.serving.prediction import outcomes
from modelfleet.serving.replay import ReplayAnswer, ReplayedRow, ReplayRequest
from modelfleet.spec.errors import ModelfleetError
from modelfleet.spec.features import row_of
from modelfleet.spec.model import ModelSpec


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
