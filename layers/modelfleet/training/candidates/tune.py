"""Hyperparameter tuning with Optuna."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

import optuna
from sklearn.base import clone

from modelfleet.statistics.results import CandidateScore, Selection
from modelfleet.statistics.selection import choose, lead, noise
from modelfleet.training.candidates.building_blocks import Real, SearchSpace, Whole
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.select import Progress, scored

# A Lambda function has fifteen minutes; the final fit needs the rest.
SECONDS = 480.0
# Startup trials that are never pruned, to establish a median.
_WHOLE_TRIALS = 5
_SCORES = "scores"

Parameters = dict[str, float | int]


@dataclass(frozen=True)
class Tuning:
    """Budget of the search: a number of trials, and a time limit in seconds."""

    trials: int
    seed: int
    seconds: float = SECONDS


def tune(
    validation: CrossValidation,
    selection: Selection,
    pipeline: Any,
    space: SearchSpace,
    tuning: Tuning,
    progress: Progress,
) -> tuple[Selection, Any]:
    """Search for parameters that are significantly better than those of the chosen candidate.

    A trial is pruned if its mean score is worse than the median of earlier trials at the same fold.
    The search is seeded: the same rows and trials give the same parameters, unless the time limit
    stops the search, which the selection records.

    Parameters
    ----------
    validation, selection
        Folds, and the selection made on them.
    pipeline
        The chosen candidate, unfitted.
    space
        Search space; if it is empty, nothing is tuned.
    tuning
        Budget of the search.
    progress
        Called with a message for each trial.

    Returns
    -------
    Selection
        The selection, with the best trial as an additional candidate.
    Any
        The pipeline to fit: with the best parameters if they are significantly better, otherwise
        unchanged.
    """
    if not space:
        progress(f"{selection.chosen}: no search space declared, not tuned")
        return selection, pipeline
    study = _study(validation, tuning.seed)
    study.optimize(
        lambda trial: _try(validation, pipeline, space, trial),
        n_trials=tuning.trials,
        timeout=tuning.seconds,
        callbacks=[lambda study, trial: progress(_progress_line(study, trial, tuning.trials))],
    )
    return _outcome(validation, selection, pipeline, study, tuning)


def _study(validation: CrossValidation, seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        direction="maximize" if validation.spec.gate.primary.higher_is_better else "minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_WHOLE_TRIALS, n_warmup_steps=1),
    )


def _try(
    validation: CrossValidation, pipeline: Any, space: SearchSpace, trial: optuna.Trial
) -> float:
    tried = clone(pipeline).set_params(**_suggested(space, trial))
    scores: list[float] = []
    for position, fold in enumerate(validation.folds):
        scores.append(validation.score(tried, fold))
        trial.report(fmean(scores), position)
        if trial.should_prune():
            raise optuna.TrialPruned
    trial.set_user_attr(_SCORES, scores)
    return fmean(scores)


def _suggested(space: SearchSpace, trial: optuna.Trial) -> Parameters:
    return {name: _suggest(trial, name, values) for name, values in space.items()}


def _suggest(trial: optuna.Trial, name: str, values: Real | Whole) -> float | int:
    if isinstance(values, Whole):
        return trial.suggest_int(name, values.low, values.high, log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _progress_line(study: optuna.Study, trial: optuna.trial.FrozenTrial, trials: int) -> str:
    if trial.state is optuna.trial.TrialState.PRUNED or trial.value is None:
        return f"trial {trial.number + 1} of {trials}: pruned"
    return f"trial {trial.number + 1} of {trials}: {trial.value:.4f}, best {study.best_value:.4f}"


def _outcome(
    validation: CrossValidation,
    selection: Selection,
    pipeline: Any,
    study: optuna.Study,
    tuning: Tuning,
) -> tuple[Selection, Any]:
    finished = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    pruned = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.PRUNED])
    counted = {
        "trials": len(finished) + len(pruned),
        "trials_pruned": len(pruned),
        "stopped_by_time": len(finished) + len(pruned) < tuning.trials,
    }
    selection = selection.model_copy(update=counted)
    if not finished:
        return selection, pipeline
    best = study.best_trial
    name = f"{selection.chosen} tuned"
    scores = tuple(best.user_attrs[_SCORES])
    tuned = scored(name, scores, best.params, variant_of=selection.chosen)
    return _compared(validation, selection, pipeline, tuned)


def _compared(
    validation: CrossValidation, selection: Selection, pipeline: Any, tuned: CandidateScore
) -> tuple[Selection, Any]:
    """Choose the tuned parameters only if significantly better: the best of many is optimistic."""
    better = validation.spec.gate.primary.higher_is_better
    untuned = next(each for each in selection.candidates if each.name == selection.chosen)
    chosen = choose(
        {untuned.name: untuned.scores, tuned.name: tuned.scores}, higher_is_better=better
    )
    ahead = lead(untuned.scores, tuned.scores, higher_is_better=better)
    required = noise(untuned.scores, tuned.scores)
    verb = "is" if chosen == tuned.name else "is not"
    result = f"the best of {selection.trials} trials {verb} significantly better"
    selection = selection.model_copy(
        update={
            "candidates": (*selection.candidates, tuned),
            "chosen": chosen,
            "reason": f"{selection.reason}; {result}: by {ahead:.4g} (required {required:.4g})",
        }
    )
    if chosen != tuned.name:
        return selection, pipeline
    return selection, clone(pipeline).set_params(**tuned.parameters)
