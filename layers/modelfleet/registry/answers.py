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
    """What a bundle answers, with its manifest."""

    manifest: BundleManifest


def answers(bundle: Bundle, open_scorer: OpenScorer, rows: pd.DataFrame) -> BundleAnswers:
    """Score rows by a bundle.

    Raises
    ------
    BundleError
        If it cannot be loaded, or lacks what its task needs.
    ScoringError
        If it does not answer with numbers.
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
    """What a bundle's model decides with.

    Raises
    ------
    BundleError
        If the manifest lacks what its task needs.
    """
    if manifest.rule is None:
        raise BundleError(f"{manifest.model} {manifest.version}: no threshold and no interval")
    return manifest.rule
