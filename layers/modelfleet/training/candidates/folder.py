"""Candidates and search spaces declared in a model's folder."""

from types import ModuleType

from imblearn.pipeline import Pipeline

from modelfleet import catalogue
from modelfleet.spec.errors import SpecError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.encode import RowEncoder
from modelfleet.training.candidates.building_blocks import SearchSpace


def candidates(spec: ModelSpec, seed: int) -> dict[str, Pipeline]:
    """Return the model's pipelines by name, the default first, with the encoding as first step.

    Raises
    ------
    SpecError
        If the folder has no `estimators.py`, or that declares no candidate.
    """
    file, module = _file(spec), _module(spec)
    try:
        offered = module.candidates(seed)
    except AttributeError as error:
        raise SpecError(f"{file} must define candidates(seed): {error}") from error
    if not offered:
        raise SpecError(f"{file}: candidates(seed) must return at least one pipeline")
    return {name: with_encoding(spec, pipeline) for name, pipeline in offered.items()}


def search_space(spec: ModelSpec, candidate: str) -> SearchSpace:
    """Return a candidate's search space; empty if there is nothing to tune.

    It is the candidate's entry in the optional `SEARCH` of the folder's `estimators.py`.

    Raises
    ------
    SpecError
        If the folder has no `estimators.py`.
    """
    declared: SearchSpace = getattr(_module(spec), "SEARCH", {}).get(candidate, {})
    return declared


def default_candidate(spec: ModelSpec, seed: int) -> tuple[str, Pipeline]:
    """Return the name and pipeline of the model's default candidate."""
    return next(iter(candidates(spec, seed).items()))


def with_encoding(spec: ModelSpec, pipeline: Pipeline) -> Pipeline:
    """Prepend the encoding, from data frame to matrix, to a candidate's pipeline."""
    encoder = RowEncoder(spec.features.columns(), len(spec.classes))
    return Pipeline([("encode", encoder), *pipeline.steps])


def _file(spec: ModelSpec) -> str:
    return f"layers/models/{spec.name}/estimators.py"


def _module(spec: ModelSpec) -> ModuleType:
    module = catalogue.module(spec.name, "estimators")
    if module is None:
        raise SpecError(f"{_file(spec)} is missing")
    return module
