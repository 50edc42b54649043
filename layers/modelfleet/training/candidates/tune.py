"""Tunes a candidate's parameters with Optuna."""

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

# Of the fifteen minutes that a Lambda function may take, the final fit needs the rest.
SECONDS = 480.0
# Trials that are never cut short, so that there is a median to be worse than.
_WHOLE_TRIALS = 5
_SCORES = "scores"
_TUNED = "tuned"

Parameters = dict[str, float | int]


@dataclass(frozen=True)
class Tuning:
    """How long to search: so many trials, or until the seconds are over."""

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
    """Search for parameters that beat the chosen candidate by more than chance may give.

    A trial whose mean so far is worse than the median of those before it at the same fold is cut
    short. The search is seeded: the same rows and trials find the same parameters, unless the
    seconds are over before the trials, which the selection then says.

    Parameters
    ----------
    validation, selection
        The folds, and what was chosen on them.
    pipeline
        The chosen candidate, unfitted.
    space
        Where to look; nothing is done where it is empty.
    tuning
        How long.
    progress
        Told of every trial.

    Returns
    -------
    Selection
        With the best trial as one more candidate.
    Any
        The pipeline to fit: with the found parameters, where they are better, else as it was.
    """
    if not space:
        progress(f"{selection.chosen}: its folder declares nothing to tune")
        return selection, pipeline
    study = _study(validation, tuning.seed)
    study.optimize(
        lambda trial: _try(validation, pipeline, space, trial),
        n_trials=tuning.trials,
        timeout=tuning.seconds,
        callbacks=[lambda study, trial: progress(_told(study, trial, tuning.trials))],
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


def _told(study: optuna.Study, trial: optuna.trial.FrozenTrial, trials: int) -> str:
    if trial.state is optuna.trial.TrialState.PRUNED or trial.value is None:
        return f"trial {trial.number + 1} of {trials}: cut short"
    return f"trial {trial.number + 1} of {trials}: {trial.value:.4f}, best {study.best_value:.4f}"


def _outcome(
    validation: CrossValidation,
    selection: Selection,
    pipeline: Any,
    study: optuna.Study,
    tuning: Tuning,
) -> tuple[Selection, Any]:
    finished = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    cut_short = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.PRUNED])
    counted = {
        "trials": len(finished) + len(cut_short),
        "trials_pruned": len(cut_short),
        "stopped_by_time": len(finished) + len(cut_short) < tuning.trials,
    }
    selection = selection.model_copy(update=counted)
    if not finished:
        return selection, pipeline
    best = study.best_trial
    name = f"{selection.chosen} {_TUNED}"
    found = scored(name, tuple(best.user_attrs[_SCORES]), best.params)
    return _compared(validation, selection, pipeline, found)


def _compared(
    validation: CrossValidation, selection: Selection, pipeline: Any, found: CandidateScore
) -> tuple[Selection, Any]:
    """Take what was found only where it leads by more than noise: it is the best of many looks."""
    better = validation.spec.gate.primary.higher_is_better
    untuned = next(each for each in selection.candidates if each.name == selection.chosen)
    taken = choose(
        {untuned.name: untuned.scores, found.name: found.scores}, higher_is_better=better
    )
    ahead = lead(untuned.scores, found.scores, higher_is_better=better)
    chance = noise(untuned.scores, found.scores)
    verb = "leads" if taken == found.name else "does not lead"
    told = f"the best of {selection.trials} trials {verb} by more than chance may give"
    selection = selection.model_copy(
        update={
            "candidates": (*selection.candidates, found),
            "chosen": taken,
            "reason": f"{selection.reason}; {told} ({ahead:.4g} against {chance:.4g})",
        }
    )
    if taken != found.name:
        return selection, pipeline
    return selection, clone(pipeline).set_params(**found.parameters)
