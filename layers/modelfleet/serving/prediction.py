"""Turns the scores of a version into answers."""

from collections.abc import Sequence

from modelfleet.evaluation.scorer import Scores
from modelfleet.registry.manifest import BundleManifest
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.serving.tasks.task_answers import Outcome


def outcomes(manifest: BundleManifest, scores: Scores) -> Sequence[Outcome]:
    """Give scores their meaning by a version's own threshold, classes or interval.

    Raises
    ------
    BundleError
        If the version has none of them.
    ScoringError
        If the model does not answer a number for each row, or for each of the classes.
    """
    return ANSWERS[manifest.task].outcomes(manifest.rule, scores)
