"""Predictions of a bundle for held-out rows."""

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
    """Score held-out rows with a bundle's judged model, which was fitted without them.

    Raises
    ------
    BundleError
        If the bundle cannot be loaded, or its manifest has no decision rule.
    ScoringError
        If the scores are not finite numbers.
    """
    manifest = bundle.manifest
    encoding, model = bundle.judged
    return BundleAnswers(
        manifest.version,
        manifest.data.dataset_version,
        predict(open_scorer(model), encoding, rows),
        manifest.rule,
        manifest,
    )
