"""Predictions of a bundle for a table of rows."""

from dataclasses import dataclass

import pandas as pd

from modelfleet.evaluation.compare import Answers
from modelfleet.evaluation.measure import predict
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import BundleManifest


@dataclass(frozen=True)
class BundleAnswers(Answers):
    """Predictions of a bundle, with its manifest."""

    manifest: BundleManifest


def answers(bundle: Bundle, open_scorer: OpenScorer, rows: pd.DataFrame) -> BundleAnswers:
    """Score rows with a bundle.

    Raises
    ------
    BundleError
        If the bundle cannot be loaded, or its manifest has no decision rule.
    ScoringError
        If the scores are not finite numbers.
    """
    manifest = bundle.manifest
    scorer = open_scorer(bundle.model)
    return BundleAnswers(
        manifest.version,
        manifest.data.dataset_version,
        predict(scorer, manifest.encoding, rows),
        manifest.rule,
        manifest,
    )
