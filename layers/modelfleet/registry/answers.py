"""Predictions of a bundle for a table of rows."""

from dataclasses import dataclass

import pandas as pd

from modelfleet.evaluation.compare import Answers
from modelfleet.evaluation.measure import predict
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.errors import BundleError
from modelfleet.statistics.decision_rule import Rule


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
        rule_of(manifest),
        manifest,
    )


def rule_of(manifest: BundleManifest) -> Rule:
    """Return the decision rule of a bundle.

    Raises
    ------
    BundleError
        If the manifest has none for its task.
    """
    if manifest.rule is None:
        raise BundleError(f"{manifest.model} {manifest.version}: the manifest has no decision rule")
    return manifest.rule
