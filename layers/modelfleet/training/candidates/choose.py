"""Chooses the pipeline to fit among a model's candidates."""

from dataclasses import dataclass

import pandas as pd
from imblearn.pipeline import Pipeline

from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Selection
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.folder import candidates, search_space
from modelfleet.training.candidates.select import Progress, select


@dataclass(frozen=True)
class Chosen:
    """The pipeline to fit, unfitted; `selection` is `None` where there was nothing to choose."""

    name: str
    pipeline: Pipeline
    selection: Selection | None


def choose_candidate(
    spec: ModelSpec, train: pd.DataFrame, seed: int, trials: int, progress: Progress
) -> Chosen:
    """Compare the model's candidates by cross-validation, and tune the one that is taken.

    Parameters
    ----------
    spec
        The model.
    train
        The training rows, the target included.
    seed
        Of the folds, the candidates and the search.
    trials
        How many parameter sets to try on the chosen candidate; 0 for none.
    progress
        Told of each candidate's score, and of each trial.
    """
    offered = candidates(spec, seed)
    default = next(iter(offered))
    validation = CrossValidation.of(spec, train, seed) if len(offered) > 1 or trials else None
    if validation is None:
        return Chosen(default, offered[default], None)
    selection = select(validation, offered, progress)
    pipeline = offered[selection.chosen]
    if trials:
        # Its library is needed by nobody who does not tune.
        from modelfleet.training.candidates.tune import Tuning, tune  # noqa: PLC0415

        space = search_space(spec, selection.chosen)
        tuning = Tuning(trials, seed)
        selection, pipeline = tune(validation, selection, pipeline, space, tuning, progress)
    return Chosen(selection.chosen, pipeline, selection)
