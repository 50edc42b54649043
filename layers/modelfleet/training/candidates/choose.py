"""Choice of the pipeline to fit among a model's candidates."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from imblearn.pipeline import Pipeline

from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Selection
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.budget import Budget
from modelfleet.training.candidates.cross_validate import CrossValidation, OutOfFold
from modelfleet.training.candidates.folder import offered_candidates, search_space
from modelfleet.training.candidates.select import Progress, select, tuned_name


@dataclass(frozen=True)
class Chosen:
    """The unfitted pipeline to fit, why it was chosen, and its out-of-fold predictions."""

    name: str
    pipeline: Pipeline
    selection: Selection
    out_of_fold: OutOfFold


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How to choose: the number of tuning trials (0 for none) and the seconds for candidates.

    `decided` is the selection of an earlier attempt of the same execution, which is final: time
    decides which candidates are tried, and a retry must train the same model.
    """

    trials: int = 0
    seconds: float
    decided: Selection | None = None


def choose_candidate(
    spec: ModelSpec, train: pd.DataFrame, seed: int, choice: Choice, progress: Progress
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
    choice
        Trials, budget, and what an earlier attempt has decided.
    progress
        Called with a message for each candidate's fold and each trial.
    """
    offered = offered_candidates(spec, outcomes(spec, train), seed)
    validation = CrossValidation.of(spec, train, seed)
    if choice.decided is not None:
        return _repeated(validation, offered, choice.decided)
    progress(f"{len(offered)} candidates, {choice.seconds:.0f} s of processor time")
    selection, found = select(validation, offered, Budget(choice.seconds), progress)
    pipeline = offered[selection.chosen]
    if choice.trials:
        # Imported on use: only tuning needs Optuna.
        from modelfleet.training.candidates.tune import Tuning, tune  # noqa: PLC0415

        space = search_space(spec, selection.chosen)
        tuning = Tuning(choice.trials, seed)
        selection, tuned = tune(validation, selection, pipeline, space, tuning, progress)
        if tuned is not pipeline:
            pipeline, found = tuned, validation.out_of_fold(tuned)
    return Chosen(selection.chosen, pipeline, selection, found)


def _repeated(
    validation: CrossValidation, offered: Mapping[str, Pipeline], decided: Selection
) -> Chosen:
    """Return the choice of an earlier attempt, whose predictions are computed again."""
    scores = next(each for each in decided.candidates if each.name == decided.chosen)
    name = next(each for each in offered if decided.chosen in {each, tuned_name(each)})
    pipeline = offered[name].set_params(**scores.parameters)
    return Chosen(decided.chosen, pipeline, decided, validation.out_of_fold(pipeline))
