"""Finds the unfitted pipelines that a model's folder offers."""

from importlib import import_module

from imblearn.pipeline import Pipeline

from modelfleet.domain.errors import SpecError
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.encode import RowEncoder


def candidates(spec: ModelSpec, seed: int) -> dict[str, Pipeline]:
    """The model's pipelines by name, the default first, each with the encoding as its first step.

    Raises
    ------
    SpecError
        If the folder's `estimators.py` offers none.
    """
    file = f"layers/models/{spec.name}/estimators.py"
    module = f"models.{spec.name}.estimators"
    try:
        offered = import_module(module).candidates(seed)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise SpecError(f"{file} is missing") from error
    except AttributeError as error:
        raise SpecError(f"{file} must define candidates(seed): {error}") from error
    if not offered:
        raise SpecError(f"{file}: candidates(seed) must offer at least one pipeline")
    return {name: with_encoding(spec, pipeline) for name, pipeline in offered.items()}


def default_candidate(spec: ModelSpec, seed: int) -> tuple[str, Pipeline]:
    """The first of the model's pipelines, with its name."""
    return next(iter(candidates(spec, seed).items()))


def with_encoding(spec: ModelSpec, pipeline: Pipeline) -> Pipeline:
    """The one pipeline that is fitted: frame to matrix, then what the folder offers."""
    return Pipeline([("encode", RowEncoder(spec.features.columns())), *pipeline.steps])
