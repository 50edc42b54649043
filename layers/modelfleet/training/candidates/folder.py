"""Finds the candidates in a model's folder."""

from types import ModuleType

from imblearn.pipeline import Pipeline

from modelfleet import catalogue
from modelfleet.spec.errors import SpecError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.encode import RowEncoder
from modelfleet.training.candidates.building_blocks import SearchSpace


def candidates(spec: ModelSpec, seed: int) -> dict[str, Pipeline]:
    """The model's pipelines by name, the default first, each with the encoding as its first step.

    Raises
    ------
    SpecError
        If the folder's `estimators.py` offers none.
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
    """Where tuning may look for a candidate's parameters; empty where its folder names none.

    It is what the optional `SEARCH` of the folder's `estimators.py` holds under that name.

    Raises
    ------
    SpecError
        If the folder has no `estimators.py`.
    """
    declared: SearchSpace = getattr(_module(spec), "SEARCH", {}).get(candidate, {})
    return declared


def default_candidate(spec: ModelSpec, seed: int) -> tuple[str, Pipeline]:
    """The first of the model's pipelines, with its name."""
    return next(iter(candidates(spec, seed).items()))


def with_encoding(spec: ModelSpec, pipeline: Pipeline) -> Pipeline:
    """The one pipeline that is fitted: frame to matrix, then what the folder offers."""
    encoder = RowEncoder(spec.features.columns(), len(spec.classes))
    return Pipeline([("encode", encoder), *pipeline.steps])


def _file(spec: ModelSpec) -> str:
    return f"layers/models/{spec.name}/estimators.py"


def _module(spec: ModelSpec) -> ModuleType:
    found = catalogue.module(spec.name, "estimators")
    if found is None:
        raise SpecError(f"{_file(spec)} is missing")
    return found
