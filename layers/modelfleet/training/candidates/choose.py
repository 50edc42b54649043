"""Choice of the pipeline to fit among a model's candidates."""

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
    """The unfitted pipeline to fit; `selection` is `None` if there was no choice."""

    name: str
    pipeline: Pipeline
    selection: Selection | None


def choose_candidate(
    spec: ModelSpec, train: pd.DataFrame, seed: int, trials: int, progress: Progress
) -> Chosen:
    """Select a candidate by cross-validation, and optionally tune it.

    Parameters
    ----------
    spec
        The model.
    train
        Training rows, including the target.
    seed
        Seed of the folds, the candidates, and the search.
    trials
        Number of tuning trials for the selected candidate; 0 to skip tuning.
    progress
        Called with a message for each candidate's score and each trial.
    """
    offered = candidates(spec, seed)
    default = next(iter(offered))
    validation = CrossValidation.of(spec, train, seed) if len(offered) > 1 or trials else None
    if validation is None:
        return Chosen(default, offered[default], None)
    selection = select(validation, offered, progress)
    pipeline = offered[selection.chosen]
    if trials:
        # Imported on use: only tuning needs Optuna.
        from modelfleet.training.candidates.tune import Tuning, tune  # noqa: PLC0415

        space = search_space(spec, selection.chosen)
        tuning = Tuning(trials, seed)
        selection, pipeline = tune(validation, selection, pipeline, space, tuning, progress)
    return Chosen(selection.chosen, pipeline, selection)
