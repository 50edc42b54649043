"""Two versions of a model side by side: metrics, origin, parameters, and columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents
from modelfleet.pages.numbers import figure, measure, metric_name, with_interval
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import CARD_FILE, BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.registry.versions import version_names
from modelfleet.release.history import ReleaseRecord
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import BundleError, ObjectNotFoundError
from modelfleet.spec.features import Column
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import (
    CalibrationChoice,
    CandidateScore,
    Estimate,
    Selection,
)
from modelfleet.training.card.learning import learning_note

_NONE = "-"


@dataclass(frozen=True)
class Candidate:
    """A candidate of a training; `score` is the mean over the folds, with its deviation."""

    name: str
    score: str
    rounds: str
    note: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """How the model of a version was chosen among candidates."""

    metric: str
    folds: int
    rows: int
    candidates: Sequence[Candidate]
    reason: str
    learning: str


@dataclass(frozen=True)
class Side:
    """One of the compared versions; `verdict` is why its retraining ended as it did."""

    version: str
    role: str
    outcome: str
    verdict: tuple[str, ...]
    has_card: bool
    choice: Choice | None = None


@dataclass(frozen=True)
class Row:
    """A value of both versions; `change` is right minus left where that is a number."""

    name: str
    left: str
    right: str
    change: str = ""

    @property
    def differs(self) -> bool:
        """Whether the versions differ."""
        return self.left != self.right


@dataclass(frozen=True)
class VersionsPage:
    """A model's versions, newest first, and two of them side by side.

    The only version is both of them. `left` and `right` are `None` without a version, or if a
    bundle is unreadable, which `fault` then says.
    """

    condition: Condition
    pointer: ReleasePointer | None
    versions: Sequence[str]
    chosen: tuple[str, str]
    left: Side | None = None
    right: Side | None = None
    metrics: Sequence[Row] = ()
    origin: Sequence[Row] = ()
    parameters: Sequence[Row] = ()
    columns: Sequence[Row] = ()
    fault: str = ""


def versions_page(
    spec: ModelSpec, documents: Documents, clock: Clock, left: str = "", right: str = ""
) -> VersionsPage:
    """Return two versions side by side.

    Parameters
    ----------
    spec
        The model.
    documents
        Reads its documents.
    clock
        Returns the current time.
    left, right
        The versions; unknown ones count as not given. By default, the right one is the challenger
        or the champion, and the left one the version that it replaces.
    """
    found = documents.model(spec.name)
    known = version_names(documents.artifacts, spec.name)
    chosen = _chosen(known, found.pointer, left, right)
    page = VersionsPage(condition(found, clock()), found.pointer, known, chosen)
    if not known:
        return page
    bundles = BundleStore(documents.artifacts)
    try:
        manifests = [bundles.manifest(spec.name, version) for version in chosen]
    except (BundleError, ObjectNotFoundError) as error:
        return VersionsPage(page.condition, page.pointer, known, chosen, fault=str(error))
    records = documents.records(spec.name).documents
    first, second = manifests
    sides = [_side(each, found.pointer, records) for each in manifests]
    return VersionsPage(
        condition=page.condition,
        pointer=page.pointer,
        versions=known,
        chosen=chosen,
        left=sides[0],
        right=sides[1],
        metrics=list(_metrics(spec, first, second)),
        origin=_rows(_origin(first), _origin(second)),
        parameters=_rows(_parameters(first), _parameters(second)),
        columns=[row for row in _rows(_columns(first), _columns(second)) if row.differs],
    )


def _chosen(
    known: Sequence[str], pointer: ReleasePointer | None, left: str, right: str
) -> tuple[str, str]:
    """Return both versions, which are the same if there is only one."""
    challenger = pointer.challenger if pointer else None
    serving = [challenger.version] if challenger else []
    serving += [pointer.champion, pointer.previous or ""] if pointer else []
    second = next(each for each in (right, *serving, *known, "") if each in known or not known)
    if left in known:
        return left, second
    others = (each for each in (*serving, *known) if each in known and each != second)
    return next(others, second), second


def _side(
    manifest: BundleManifest, pointer: ReleasePointer | None, records: Sequence[ReleaseRecord]
) -> Side:
    version = manifest.version
    # The first record of a version is that of its retraining; later ones are of rollbacks.
    record = next((each for each in reversed(records) if each.version == version), None)
    return Side(
        version=version,
        role=_role(version, pointer),
        outcome=record.outcome if record else "",
        verdict=record.reasons if record else (),
        has_card=CARD_FILE in manifest.files,
        choice=_choice(manifest.selection) if manifest.selection else None,
    )


def _choice(selection: Selection) -> Choice:
    higher = Metric(selection.metric).higher_is_better
    ordered = sorted(selection.candidates, key=lambda each: each.mean, reverse=higher)
    return Choice(
        metric=metric_name(selection.metric),
        folds=selection.folds,
        rows=selection.rows,
        candidates=[_candidate(each, selection.chosen) for each in ordered],
        reason=selection.reason,
        learning=learning_note(selection),
    )


def _candidate(found: CandidateScore, chosen: str) -> Candidate:
    members = [f"{weight:.0%} {_words(name)}" for name, weight in found.weights.items()]
    return Candidate(
        name=_words(found.name),
        score=f"{measure(found.mean)} ± {measure(found.spread)}",
        rounds="" if found.rounds is None else f"{found.rounds:,}",
        note=", ".join(members) or found.note,
        chosen=found.name == chosen,
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _role(version: str, pointer: ReleasePointer | None) -> str:
    if pointer is None:
        return ""
    challenger = pointer.challenger.version if pointer.challenger else None
    roles = {pointer.previous: "previous", challenger: "challenger", pointer.champion: "champion"}
    return roles.get(version, "")


def _metrics(spec: ModelSpec, left: BundleManifest, right: BundleManifest) -> Iterator[Row]:
    """Yield each metric on held-out rows, the gate's primary one first."""
    first, second = _estimates(left), _estimates(right)
    for metric in dict.fromkeys((spec.gate.primary, *spec.metrics)):
        one, two = first.get(metric), second.get(metric)
        yield Row(
            name=f"{metric_name(metric)} {_better(metric)}",
            left=with_interval(one) if one else _NONE,
            right=with_interval(two) if two else _NONE,
            change=_signed(two.value - one.value) if one and two else "",
        )


def _better(metric: Metric) -> str:
    return "(higher is better)" if metric.higher_is_better else "(lower is better)"


def _estimates(manifest: BundleManifest) -> Mapping[str, Estimate]:
    known = {name: Estimate(value=value) for name, value in manifest.metrics.items()}
    return known | (manifest.evaluation.metrics if manifest.evaluation else {})


def _signed(change: float) -> str:
    return f"+{figure(change)}" if change > 0 else figure(change)


def _rows(left: Mapping[str, str], right: Mapping[str, str]) -> list[Row]:
    names = dict.fromkeys([*left, *right])
    return [Row(name, left.get(name, _NONE), right.get(name, _NONE)) for name in names]


def _origin(manifest: BundleManifest) -> dict[str, str]:
    data = manifest.data
    found = {
        "trained": f"{manifest.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "trigger": manifest.trigger or _NONE,
        "data set": f"{data.dataset_version} ({data.told})",
        "rows fitted": f"{data.rows:,}",
        "held-out rows": f"{manifest.evaluation.rows:,}" if manifest.evaluation else _NONE,
        "estimator": manifest.estimator,
        "code": manifest.code_version or _NONE,
        "MLflow run": manifest.run_id,
    }
    if manifest.threshold is not None:
        found["threshold"] = figure(manifest.threshold)
    if manifest.calibration is not None:
        found["calibration"] = _calibration(manifest.calibration)
    return found


def _calibration(found: CalibrationChoice) -> str:
    """Return the kind, with the log loss out of fold before and after."""
    if found.kind == "none" or not {"none", found.kind} <= found.log_loss.keys():
        return found.kind
    before, after = (measure(found.log_loss[kind]) for kind in ("none", found.kind))
    return f"{found.kind}; log loss {before} before, {after} after"


def _parameters(manifest: BundleManifest) -> dict[str, str]:
    """Return the tuned parameters of the chosen candidate."""
    selection = manifest.selection
    chosen = (
        next((each for each in selection.candidates if each.name == selection.chosen), None)
        if selection
        else None
    )
    if chosen is None:
        return {}
    found = {name: str(value) for name, value in chosen.parameters.items()}
    return found if chosen.rounds is None else {**found, "boosting rounds": f"{chosen.rounds:,}"}


def _columns(manifest: BundleManifest) -> dict[str, str]:
    return {column.name: _told(column) for column in manifest.features}


def _told(column: Column) -> str:
    parts = [column.kind.value]
    if column.minimum is not None or column.maximum is not None:
        ends = (column.minimum, column.maximum)
        parts.append(" to ".join(_NONE if end is None else f"{end:g}" for end in ends))
    if column.categories:
        parts.append(", ".join(column.categories))
    if column.nullable:
        parts.append("may be missing")
    return "; ".join(parts)
