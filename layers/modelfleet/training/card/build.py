"""Model card: a self-contained page that describes a bundle and its limitations."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from modelfleet.evaluation.gate import Verdict
from modelfleet.pages.numbers import metric_name, value_text
from modelfleet.pages.render import render
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.categories import Unseen
from modelfleet.spec.features import Column
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.statistics.results import (
    ClassResult,
    Comparison,
    Estimate,
    SliceResult,
)
from modelfleet.training.card.gaps import known_gaps
from modelfleet.training.card.learning import learning_note
from modelfleet.training.card.plots import Plot

_TEMPLATE, _VERDICT = "training/card/card.html.j2", "training/card/verdict.html.j2"
# Encloses the placeholder for the verdict: the gate decides after the card is written.
_UNDECIDED = Markup("<!-- verdict -->")


@dataclass(frozen=True)
class CardMaterial:
    """Content of a card that is not in the manifest.

    Attributes
    ----------
    profile
        Reference profile of the training rows.
    plots
        Plots of the held-out rows.
    warnings
        Warnings of the data checks.
    """

    profile: ReferenceProfile
    plots: Sequence[Plot] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class _Slices:
    """Measured slices, worst first; `low` and `high` span all their intervals."""

    metric: str
    requirement: str
    measured: Sequence[tuple[SliceResult, Estimate]]
    unmeasured: int
    low: float
    high: float


def render_card(spec: ModelSpec, manifest: BundleManifest, material: CardMaterial) -> bytes:
    """Render the card of a bundle whose manifest is complete except for files and version."""
    estimates = _estimates(manifest)
    limit = spec.data_limits.drift.warn
    return render(
        _TEMPLATE,
        title=spec.title,
        description=spec.description,
        manifest=manifest,
        primary=spec.gate.primary,
        estimates=estimates,
        limits={name: _limits(spec, Metric(name)) for name in estimates},
        classes=_worst_first(manifest),
        slices=_slices(spec, manifest),
        plots=material.plots,
        warnings=material.warnings,
        gaps=known_gaps(manifest, material.profile),
        drift_limit=limit,
        speed=spec.training,
        learning=learning_note(manifest.selection),
        columns=[(each.name, each.description, *_declared(each)) for each in manifest.features],
        mark=_UNDECIDED,
    ).encode()


def with_verdict(
    card: bytes, verdict: Verdict, comparison: Comparison | None = None, version: str | None = None
) -> bytes:
    """Insert the gate's verdict into a card.

    A card without the placeholder, such as one older than verdicts in cards, stays unchanged.

    Parameters
    ----------
    card
        Rendered card.
    verdict, comparison
        The gate's verdict and the comparison behind it; `None` if there is no champion.
    version
        Version of the candidate, if it is registered.
    """
    before, mark, rest = card.decode().partition(_UNDECIDED)
    _, _, after = rest.partition(_UNDECIDED)
    if not mark:
        return card
    decided = render(_VERDICT, verdict=verdict, comparison=comparison, version=version)
    return f"{before}{decided}{after}".encode()


def _estimates(manifest: BundleManifest) -> dict[str, Estimate]:
    """Return the metrics, without intervals for bundles that predate them."""
    if manifest.evaluation is not None:
        return dict(manifest.evaluation.metrics)
    return {name: Estimate(value=value) for name, value in manifest.metrics.items()}


def _limits(spec: ModelSpec, metric: Metric) -> str:
    parts = []
    if metric in spec.gate.minimum:
        parts.append(f"at least {spec.gate.minimum[metric]:g}")
    if metric in spec.gate.maximum:
        parts.append(f"at most {spec.gate.maximum[metric]:g}")
    if metric == spec.gate.primary:
        parts.append("primary metric")
    return "; ".join(parts)


def _worst_first(manifest: BundleManifest) -> list[ClassResult]:
    classes = manifest.evaluation.classes if manifest.evaluation else ()
    return sorted(classes, key=lambda result: result.recall.value)


def _slices(spec: ModelSpec, manifest: BundleManifest) -> _Slices | None:
    results = manifest.evaluation.slices if manifest.evaluation else ()
    if not results or spec.slices is None:
        return None
    metric = spec.slices.metric
    sign, bound = (1.0, "at least") if metric.higher_is_better else (-1.0, "at most")
    measured = [(group, group.estimate) for group in results if group.estimate is not None]
    measured.sort(key=lambda pair: sign * pair[1].value)
    ends = [end for _, e in measured for end in (e.lower, e.value, e.upper) if end is not None]
    return _Slices(
        metric=metric_name(metric),
        requirement=f"{bound} {spec.slices.limit:g}",
        measured=measured,
        unmeasured=len(results) - len(measured),
        low=min(ends, default=0.0),
        high=max(ends, default=1.0),
    )


def _declared(column: Column) -> tuple[str, str]:
    """Return the allowed values of a column, and notes on it."""
    notes = ["may be missing"] * column.nullable + ["personal data"] * column.personal_data
    notes += ["sensitive"] * column.sensitive
    if column.categories:
        others = ["others are scored"] * (column.unseen is Unseen.SCORE)
        return ", ".join(column.categories), ", ".join((*others, *notes))
    if column.minimum is None or column.maximum is None:
        return "any", ", ".join(notes)
    unit = f" {column.unit}" if column.unit else ""
    ends = f"{value_text(column.minimum)} to {value_text(column.maximum)}{unit}"
    return ends, ", ".join(notes)
