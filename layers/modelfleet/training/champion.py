"""Measurement of the champion on the candidate's rows, or the reason why it does not count."""

from dataclasses import dataclass, replace

import pandas as pd

from modelfleet.evaluation.compare import compare
from modelfleet.evaluation.measure import measure_predicted
from modelfleet.evaluation.scorer import OpenScorer
from modelfleet.registry.answers import BundleAnswers, answers
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import BundleManifest
from modelfleet.registry.pointer_store import current
from modelfleet.spec.errors import BundleError, ObjectNotFoundError, ScoringError
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Comparison
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.target import outcomes


@dataclass(frozen=True)
class ChampionResult:
    """Measurement of the champion.

    `waived` is the reason why the champion does not count, or empty; the comparison may exist even
    if it is waived.
    """

    metrics: dict[str, float] | None = None
    comparison: Comparison | None = None
    waived: str = "no champion yet"

    @property
    def for_gate(self) -> Comparison | str:
        """The comparison for the gate, or the reason why there is none."""
        return self.waived or self.comparison or "no champion yet"

    def compared_on(self, subset: "ChampionResult", rows_of: str) -> "ChampionResult":
        """Replace the comparison by one on a subset; keep the primary test on all rows."""
        if self.comparison is None or subset.comparison is None:
            return self
        update = {"rows_of": rows_of, "overall": self.comparison.primary}
        return replace(self, comparison=subset.comparison.model_copy(update=update))


def measure_champion(
    spec: ModelSpec,
    artifacts: ObjectStore,
    open_scorer: OpenScorer,
    rows: pd.DataFrame,
    candidate: BundleAnswers,
) -> ChampionResult:
    """Measure the champion's judged model on the candidate's test rows.

    A champion does not count if its bundle is damaged, if it needs columns that no longer exist, or
    if it was trained on generated rows and the candidate on loaded ones.

    Parameters
    ----------
    spec
        The model.
    artifacts
        Bucket with the release pointer and the bundles.
    open_scorer
        Loads a `model.onnx`.
    rows
        The candidate's test rows.
    candidate
        The candidate's predictions for them.
    """
    pointer = current(artifacts, spec.name)
    if pointer is None:
        return ChampionResult()
    name = f"champion {pointer.champion}"
    try:
        bundle = BundleStore(artifacts).bundle(spec.name, pointer.champion)
        if fault := obstacle(spec, bundle.manifest):
            return ChampionResult(waived=f"{name} is not comparable: {fault}")
        champion = answers(bundle, open_scorer, rows)
    except (BundleError, ObjectNotFoundError, ScoringError) as error:
        return ChampionResult(waived=f"{name} is not comparable: {error}")
    return ChampionResult(
        metrics=measure_predicted(spec, outcomes(spec, rows), champion.predicted, champion.rule),
        comparison=compare(spec, rows, candidate, champion),
        waived=_waived(name, candidate.manifest, champion.manifest),
    )


def _waived(name: str, candidate: BundleManifest, champion: BundleManifest) -> str:
    if candidate.data.outranks(champion.data):
        return f"{name} was trained on generated rows, this candidate on loaded rows"
    return ""


def obstacle(spec: ModelSpec, manifest: BundleManifest) -> str | None:
    """Return why a bundle cannot score rows of the current spec, or `None` if it can.

    A bundle older than a column can: it gets only the columns that it was trained on.

    Parameters
    ----------
    spec
        The current spec.
    manifest
        Manifest of the bundle.
    """
    current_columns = {column.name: column for column in spec.features.columns()}
    trained_on = {column.name: column for column in manifest.features}
    names = manifest.encoding.names
    if absent := sorted(set(names) - set(current_columns)):
        return f"it needs columns that the current rows do not have: {', '.join(absent)}"
    if changed := [
        name for name in names if _type(current_columns[name]) != _type(trained_on[name])
    ]:
        return f"these columns changed between number, category, and date: {', '.join(changed)}"
    if (manifest.task, manifest.target) != (spec.task, spec.target.column):
        return f"it predicts {manifest.target} ({manifest.task})"
    if (manifest.classes or ()) != spec.classes:
        return f"its classes are {', '.join(manifest.classes or ())}"
    return None


def _type(column: Column) -> ColumnKind:
    return ColumnKind.NUMBER if column.kind.is_numeric else column.kind
