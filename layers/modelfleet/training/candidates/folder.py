"""Candidates and search spaces of a model: the fleet's, and those of its folder."""

from types import ModuleType

import numpy as np
from imblearn.pipeline import Pipeline

from modelfleet import catalogue
from modelfleet.spec.errors import SpecError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.encode import RowEncoder
from modelfleet.tables.target import Values
from modelfleet.training.candidates.building_blocks import SearchSpace
from modelfleet.training.candidates.fleet import SEARCH, fleet_candidates


def offered_candidates(spec: ModelSpec, y: Values, seed: int) -> dict[str, Pipeline]:
    """Return all candidates for a model by name, in the order in which they are tried.

    They are the fleet's own, then those of the model's folder; one with the name of a fleet's own
    replaces it. The encoding is their first step.

    Parameters
    ----------
    spec
        The model.
    y
        Target of the training rows, shape (n,).
    seed
        Seed of the candidates.

    Raises
    ------
    SpecError
        If the folder's `estimators.py` is invalid, or there is no candidate.
    """
    own = candidates(spec, seed)
    if not spec.training.default_candidates:
        if not own:
            raise SpecError(f"{_file(spec)} is missing, and the default candidates are disabled")
        return own
    fleet = fleet_candidates(spec, y, seed)
    return {name: with_encoding(spec, pipeline) for name, pipeline in fleet.items()} | own


def candidates(spec: ModelSpec, seed: int) -> dict[str, Pipeline]:
    """Return the candidates of the model's folder by name; none if it has no `estimators.py`.

    Raises
    ------
    SpecError
        If the file declares no candidate.
    """
    module = _module(spec)
    if module is None:
        return {}
    try:
        own = module.candidates(seed)
    except AttributeError as error:
        raise SpecError(f"{_file(spec)} must define candidates(seed): {error}") from error
    if not own:
        raise SpecError(f"{_file(spec)}: candidates(seed) must return at least one pipeline")
    return {name: with_encoding(spec, pipeline) for name, pipeline in own.items()}


def search_space(spec: ModelSpec, candidate: str) -> SearchSpace:
    """Return a candidate's search space; empty if there is nothing to tune.

    It is the candidate's entry in the optional `SEARCH` of the folder's `estimators.py`, or that of
    the fleet's candidate of this name.
    """
    declared: SearchSpace | None = getattr(_module(spec), "SEARCH", {}).get(candidate)
    return SEARCH.get(candidate, {}) if declared is None else declared


def default_candidate(spec: ModelSpec, seed: int) -> tuple[str, Pipeline]:
    """Return the folder's first candidate, or the fleet's first if the folder has none."""
    own = candidates(spec, seed) or offered_candidates(spec, np.zeros(0), seed)
    return next(iter(own.items()))


def with_encoding(spec: ModelSpec, pipeline: Pipeline) -> Pipeline:
    """Prepend the encoding, from data frame to matrix, to a candidate's pipeline."""
    encoder = RowEncoder(spec.features.columns(), len(spec.classes))
    return Pipeline([("encode", encoder), *pipeline.steps])


def _file(spec: ModelSpec) -> str:
    return f"layers/models/{spec.name}/estimators.py"


def _module(spec: ModelSpec) -> ModuleType | None:
    return catalogue.module(spec.name, "estimators")
