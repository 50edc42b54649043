"""Comparison of two registered versions on rows that neither judged model was fitted on."""

from dataclasses import dataclass

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import require_enough, split_version
from modelfleet.datasets.store import DatasetStore
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.compare import compare
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.answers import BundleAnswers, answers
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.versions import require_version
from modelfleet.spec.errors import BundleError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Comparison, Evaluation
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.champion import obstacle


@dataclass(frozen=True)
class VersionComparison:
    """Paired tests of `version` minus `comparison.champion_version`.

    `dataset_version` is that of the rows. `evaluations` are those of the first and the second
    version on these rows, without slices.
    """

    version: str
    dataset_version: str
    comparison: Comparison
    evaluations: tuple[Evaluation, Evaluation]


def compare_versions(
    spec: ModelSpec,
    lake: ObjectStore,
    artifacts: ObjectStore,
    open_scorer: OpenScorer,
    versions: tuple[str, str],
) -> VersionComparison:
    """Test the second version against the first, as the gate tests a candidate.

    The rows are the test side of the newest data set version. A row keeps its side when rows are
    added, so neither version's judged model was fitted on them, provided that both use the same
    columns.

    Parameters
    ----------
    spec
        The model.
    lake, artifacts
        The two buckets.
    open_scorer
        Loads a `model.onnx`.
    versions
        Two registered versions.

    Raises
    ------
    BundleError
        If a version is not registered, is damaged, or cannot score rows of the current spec.
    DatasetError
        If no data is loaded, or too few rows are held out.
    """
    names = [require_version(artifacts, spec.name, version) for version in versions]
    dataset, rows = _held_out(spec, lake)
    first, second = (_answers(spec, artifacts, open_scorer, name, rows) for name in names)
    return VersionComparison(
        version=names[1],
        dataset_version=dataset,
        comparison=compare(spec, rows, second, first),
        evaluations=(_evaluation(spec, rows, first), _evaluation(spec, rows, second)),
    )


def _evaluation(spec: ModelSpec, rows: pd.DataFrame, one: BundleAnswers) -> Evaluation:
    ungrouped = spec.model_copy(update={"slices": None})
    return assess(ungrouped, one.rule, rows, one.predicted)


def _held_out(spec: ModelSpec, lake: ObjectStore) -> tuple[str, pd.DataFrame]:
    store = DatasetStore(spec, lake)
    version = store.require()
    manifest = store.manifest(version)
    sides = split_version(spec, store.rows(version).accepted, manifest)
    require_enough(spec, sides)
    return version, read_frame(to_parquet(spec, sides[Side.TEST]))


def _answers(
    spec: ModelSpec,
    artifacts: ObjectStore,
    open_scorer: OpenScorer,
    version: str,
    rows: pd.DataFrame,
) -> BundleAnswers:
    bundle = BundleStore(artifacts).bundle(spec.name, version)
    if fault := obstacle(spec, bundle.manifest):
        raise BundleError(f"{spec.name} {version} is not comparable: {fault}")
    return answers(bundle, open_scorer, rows)
