"""Measures the champion on the candidate's rows, or says why it does not count."""

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
class Rival:
    """What came of measuring the champion.

    `waived` says in words why it holds no candidate back; it may have been compared all the same.
    """

    metrics: dict[str, float] | None = None
    comparison: Comparison | None = None
    waived: str = "no champion yet"

    @property
    def stand(self) -> Comparison | str:
        """What the gate is to know of it."""
        return self.waived or self.comparison or "no champion yet"

    def judged_on(self, part: "Rival", rows_of: str) -> "Rival":
        """The same champion, compared on a part of the rows; what came of all goes on record."""
        if self.comparison is None or part.comparison is None:
            return self
        told = {"rows_of": rows_of, "overall": self.comparison.primary}
        return replace(self, comparison=part.comparison.model_copy(update=told))


def meet_champion(
    spec: ModelSpec,
    artifacts: ObjectStore,
    open_scorer: OpenScorer,
    rows: pd.DataFrame,
    candidate: BundleAnswers,
) -> Rival:
    """Measure what serves beside the candidate.

    A champion that is damaged, needs columns that are gone, or learned from generated rows where
    the candidate did not, must not keep its successor out.

    Parameters
    ----------
    spec
        The model.
    artifacts
        The bucket with the release pointer and the bundles.
    open_scorer
        Loads a `model.onnx`.
    rows
        The candidate's test rows.
    candidate
        What it answers to them.
    """
    pointer = current(artifacts, spec.name)
    if pointer is None:
        return Rival()
    name = f"champion {pointer.champion}"
    try:
        bundle = BundleStore(artifacts).bundle(spec.name, pointer.champion)
        if fault := obstacle(spec, bundle.manifest):
            return Rival(waived=f"{name} is not comparable: {fault}")
        champion = answers(bundle, open_scorer, rows)
    except (BundleError, ObjectNotFoundError, ScoringError) as error:
        return Rival(waived=f"{name} is not comparable: {error}")
    return Rival(
        metrics=measure_predicted(spec, outcomes(spec, rows), champion.predicted, champion.rule),
        comparison=compare(spec, rows, candidate, champion),
        waived=_waived(name, candidate.manifest, champion.manifest),
    )


def _waived(name: str, candidate: BundleManifest, champion: BundleManifest) -> str:
    if candidate.data.outranks(champion.data):
        return f"{name} learned from generated rows, this candidate from loaded ones"
    return ""


def obstacle(spec: ModelSpec, manifest: BundleManifest) -> str | None:
    """Why a bundle cannot answer for today's rows, in words; `None` where it can.

    A bundle from before a column was added can: it is given the columns that it knows.

    Parameters
    ----------
    spec
        The model as it is today.
    manifest
        Of the bundle.
    """
    today = {column.name: column for column in spec.features.columns()}
    before = {column.name: column for column in manifest.features}
    names = manifest.encoding.names
    if absent := sorted(set(names) - set(today)):
        return f"it needs the columns {', '.join(absent)}, which today's rows do not have"
    if changed := [name for name in names if _is_text(today[name]) != _is_text(before[name])]:
        return f"the columns {', '.join(changed)} were of another kind"
    if (manifest.task, manifest.target) != (spec.task, spec.target.column):
        return f"it predicts {manifest.target} ({manifest.task})"
    if (manifest.classes or ()) != spec.classes:
        return f"it knows the classes {', '.join(manifest.classes or ())}"
    return None


def _is_text(column: Column) -> bool:
    return column.kind is ColumnKind.CATEGORY
