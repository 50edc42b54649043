"""The sections of a model card, each from what the manifest says."""

from collections.abc import Iterator, Sequence

from modelfleet.pages.numbers import number_text
from modelfleet.pages.shell import (
    Cell,
    Markup,
    box,
    bullets,
    code,
    facts,
    meter,
    paragraph,
    section,
    table,
    tag,
)
from modelfleet.pages.text import escape
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.features import Column
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.results import Estimate, SliceResult
from modelfleet.training.card.plots import Plot

_RELATIVE = "relative"
_NAMES = {
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC, each class against the others",
    "f1_macro": "F1, mean of classes",
    "pr_auc": "PR AUC",
    "brier": "Brier score",
    "rmse": "RMSE",
    "mae": "MAE",
    "mape": "MAPE",
    "r2": "R²",
}


def number(value: float) -> str:
    """A measure with as many digits as tell something."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4f}"  # noqa: PLR2004 -- prices


def summary(spec: ModelSpec, manifest: BundleManifest) -> str:
    """What one wants to know first."""
    primary = estimates(manifest)[spec.gate.primary]
    rows = f"{manifest.data.rows:,}"
    found = [
        (f"{label(spec.gate.primary)} {interval(primary)}".strip(), number(primary.value)),
        ("estimator", manifest.estimator.replace("_", " ")),
        ("data set version", manifest.data.dataset_version),
        ("generated training rows" if manifest.data.generated else "training rows", rows),
        ("trained", f"{manifest.created_at:%Y-%m-%d}"),
    ]
    return facts(found)


def measures(spec: ModelSpec, manifest: BundleManifest) -> str:
    """Every metric with its interval and its limits."""
    rows = [
        (label(name), number(estimate.value), interval(estimate), _limits(spec, name))
        for name, estimate in estimates(manifest).items()
    ]
    tested = manifest.evaluation.rows if manifest.evaluation else None
    counted = f"{tested:,} rows" if tested else "Rows"
    return section(
        "How good it is",
        paragraph(f"{counted} on which nothing was trained or tuned, 95 % intervals.", "soft"),
        box(table(("metric", "value", "95 % interval", "limit"), rows)),
    )


def drawings(plots: Sequence[Plot]) -> str:
    """Every plot with how to read it."""
    frames = "".join(
        box(
            f"<figure><h3>{escape(plot.title)}</h3>{plot.svg}"
            f"<figcaption>{escape(plot.caption)}</figcaption></figure>"
        )
        for plot in plots
    )
    return section("What that looks like", f'<div class="plots">{frames}</div>') if plots else ""


def slices(spec: ModelSpec, manifest: BundleManifest) -> str:
    """The groups of rows, the worst one marked."""
    found = manifest.evaluation
    if found is None or not found.slices or spec.slices is None:
        return ""
    measured = [(group, e) for group in found.slices if (e := group.estimate)]
    sign = 1.0 if spec.slices.metric.higher_is_better else -1.0
    measured.sort(key=lambda pair: sign * pair[1].value)
    ends = _span([estimate for _, estimate in measured])
    rows = [_slice_row(*pair, number == 0, ends) for number, pair in enumerate(measured)]
    name, bound = label(spec.slices.metric), "at least" if sign > 0 else "at most"
    told = f"{name[:1].upper()}{name[1:]} by group; the gate wants {bound} {spec.slices.limit:g}."
    if left := len(found.slices) - len(measured):
        told += f" Groups that are too small to be measured, {left} of them, are among the gaps."
    header = ("group", "rows", name, "95 % interval", "")
    return section("Groups", paragraph(told, "soft"), box(table(header, rows, 0)))


def decision(manifest: BundleManifest) -> str:
    """The threshold, the classes or the interval with its reason, and the calibration."""
    rules = (*_threshold(manifest), *_likeliest(manifest), *_interval(manifest))
    blocks = [*rules, *_calibration(manifest)]
    return section("How it decides", box("".join(blocks)))


def candidates(manifest: BundleManifest) -> str:
    """What was compared, and why this one was taken."""
    selection = manifest.selection
    if selection is None:
        return ""
    rows: list[tuple[Cell, ...]] = [
        (
            candidate.name.replace("_", " "),
            f"{number(candidate.mean)} ± {number(candidate.spread)}",
            ", ".join(f"{name} {value}" for name, value in candidate.parameters.items()) or "-",
            tag("chosen", "good") if candidate.name == selection.chosen else "",
        )
        for candidate in selection.candidates
    ]
    told = f"{selection.folds}-fold cross-validation on {selection.rows:,} training rows."
    if selection.trials:
        told += f" Tuned in {selection.trials} trials, {selection.trials_pruned} of them cut short."
    header = ("candidate", f"{label(selection.metric)}, mean ± deviation", "tuned", "")
    return section(
        "Candidates compared",
        paragraph(told, "soft"),
        box(table(header, rows) + paragraph(selection.reason)),
    )


def limits(
    spec: ModelSpec, manifest: BundleManifest, warnings: Sequence[str], gaps: Sequence[str]
) -> str:
    """What the data do not say, and from when on new data count as other data."""
    data = manifest.data
    learned = (
        f"Learned from {data.rows:,} rows of data set version {data.dataset_version}"
        f" (training rows sha256 {data.sha256[:16]}…)."
    )
    drift = spec.data_limits.drift
    watched = (
        f"A column counts as drifted from a population stability index of {drift.warn:g} on."
        if drift.warn is not None
        else ""
    )
    found = paragraph("The checks of these data warned:") + bullets(warnings) if warnings else ""
    checked = found or paragraph("The checks of these data found nothing that stands out.")
    seen = f"<details open><summary>{len(gaps)} known gaps</summary>{bullets(gaps)}</details>"
    return section(
        "Data and their limits",
        box(paragraph(learned) + checked + (seen if gaps else "") + paragraph(watched)),
    )


def columns(manifest: BundleManifest) -> str:
    """What the model asks for."""
    rows = [
        (column.name, column.description, _values(column), _notes(column))
        for column in manifest.features
    ]
    return section("Columns", box(table(("column", "meaning", "values", ""), rows)))


def origin(manifest: BundleManifest) -> str:
    """What is needed to make it again."""
    parity = manifest.parity
    rows: list[tuple[Cell, ...]] = [
        ("trained", f"{manifest.created_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("because of", "; ".join((manifest.trigger or "not recorded", *manifest.trigger_evidence))),
        ("run", code(manifest.run_id)),
        ("code", code(manifest.code_version or "not recorded")),
        (
            "export",
            f"differs from the fitted pipeline by {parity.maximum_difference:.1e} at most on "
            f"{parity.rows:,} rows, {parity.mean_difference:.1e} on average; "
            f"allowed are {parity.tolerance:.0e}",
        ),
        ("libraries", ", ".join(f"{name} {v}" for name, v in manifest.libraries.items())),
    ]
    return section("How to make it again", box(table((), rows)))


def estimates(manifest: BundleManifest) -> dict[str, Estimate]:
    """The metrics; without intervals where the bundle is from before they were measured."""
    if manifest.evaluation is not None:
        return dict(manifest.evaluation.metrics)
    return {name: Estimate(value=value) for name, value in manifest.metrics.items()}


def label(metric: str) -> str:
    """A metric's name in words."""
    return _NAMES.get(str(metric), str(metric).replace("_", " "))


def interval(estimate: Estimate) -> str:
    """An estimate's interval in words; empty where it has none."""
    if estimate.lower is None or estimate.upper is None:
        return ""
    return f"{number(estimate.lower)} to {number(estimate.upper)}"


def _limits(spec: ModelSpec, name: str) -> str:
    metric = Metric(name)
    parts = []
    if metric in spec.gate.minimum:
        parts.append(f"at least {spec.gate.minimum[metric]:g}")
    if metric in spec.gate.maximum:
        parts.append(f"at most {spec.gate.maximum[metric]:g}")
    if metric == spec.gate.primary:
        parts.append("decides about promotion")
    return "; ".join(parts)


def _span(found: Sequence[Estimate]) -> tuple[float, float]:
    ends = [end for e in found for end in (e.lower, e.value, e.upper) if end is not None]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def _slice_row(
    group: SliceResult, estimate: Estimate, worst: bool, ends: tuple[float, float]
) -> tuple[Cell, ...]:
    drawn: Cell = ""
    if estimate.lower is not None and estimate.upper is not None:
        drawn = meter(
            estimate.lower, estimate.value, estimate.upper, ends, "wide bad" if worst else "wide"
        )
    name = Markup(f"{tag('worst', 'bad').html} ") if worst else Markup("")
    return (
        Markup(name.html + escape(group.name)),
        f"{group.rows:,}",
        number(estimate.value),
        interval(estimate),
        drawn,
    )


def _likeliest(manifest: BundleManifest) -> Iterator[str]:
    if manifest.classes is not None:
        names = ", ".join(manifest.classes)
        yield paragraph(f"A row is taken for the likeliest of {len(manifest.classes)}: {names}.")


def _threshold(manifest: BundleManifest) -> Iterator[str]:
    if manifest.threshold is None:
        return
    choice = manifest.threshold_choice
    called = f"A row is called positive from a probability of {manifest.threshold:.4f} on"
    yield paragraph(f"{called}: {choice.reason}." if choice else f"{called}.")
    if choice is not None:
        yield paragraph(
            f"On {choice.rows:,} validation rows that reaches a recall of {choice.recall:.1%} and "
            f"a precision of {choice.precision:.1%}, and calls {choice.called_share:.1%} of all.",
            "soft",
        )


def _interval(manifest: BundleManifest) -> Iterator[str]:
    if (found := manifest.interval) is None:
        return
    if found.scale == _RELATIVE:
        ends = f"{1 + found.lower_offset:.2f} to {1 + found.upper_offset:.2f} times the prediction"
    else:
        unit = manifest.target_unit or ""
        ends = f"{found.lower_offset:+,.4g} to {found.upper_offset:+,.4g} {unit} around it"
    yield paragraph(
        f"{found.level:.0%} of actual values are expected between {ends}: split conformal "
        "prediction, fitted on validation rows."
    )


def _calibration(manifest: BundleManifest) -> Iterator[str]:
    if (choice := manifest.calibration) is None:
        return
    yield paragraph(f"Calibration is {choice.kind}: {choice.reason}.")


def _values(column: Column) -> str:
    if column.categories:
        return ", ".join(column.categories)
    if column.minimum is None or column.maximum is None:
        return "any"
    unit = f" {column.unit}" if column.unit else ""
    return f"{number_text(column.minimum)} to {number_text(column.maximum)}{unit}"


def _notes(column: Column) -> str:
    notes = ["may be missing"] * column.nullable + ["personal data"] * column.personal_data
    return ", ".join(notes)
