"""Model versions as lines and table rows."""

from collections.abc import Iterable

from modelfleet.pages.numbers import measure, p_value
from modelfleet.registry.alias_move import AliasMove
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import CandidateScore, Estimate, Evaluation, PairedTest

METRICS = ("metric", "value", "95% interval")
CANDIDATES = ("candidate", "score", "deviation", "parameters", "")
VERSIONS = ("version", "alias", "metrics, 95% interval", "trained with")
MOVES = ("alias", "version", "time (UTC)", "by, execution", "reason")
TESTS = ("difference", "p", "test")

_NONE = "-"


def interval(estimate: Estimate) -> str:
    """Format the bounds of an estimate's interval, if it has one."""
    if estimate.lower is None or estimate.upper is None:
        return _NONE
    return f"{measure(estimate.lower)} to {measure(estimate.upper)}"


def estimates(manifest: BundleManifest) -> dict[str, Estimate]:
    """Return all metrics of a version, with their recorded intervals."""
    plain = {name: Estimate(value=value) for name, value in manifest.metrics.items()}
    return plain | (manifest.evaluation.metrics if manifest.evaluation else {})


def shown_metrics(spec: ModelSpec) -> list[Metric]:
    """Return the metrics of the gate: the primary one, then those with limits."""
    limited = [*spec.gate.minimum, *spec.gate.maximum]
    return list(dict.fromkeys([spec.gate.primary, *limited]))


def version_row(
    spec: ModelSpec, manifest: BundleManifest, aliases: Iterable[str]
) -> tuple[str, ...]:
    """Format a version for the list; details are on separate lines to fit narrow terminals."""
    found = estimates(manifest)
    made = (
        manifest.estimator,
        f"data {manifest.data.dataset_version}, {manifest.data.told}",
        f"{manifest.created_at:%Y-%m-%d %H:%M} UTC",
    )
    return (
        manifest.version,
        "\n".join(aliases) or _NONE,
        "\n".join(_metric(name, found[name]) for name in shown_metrics(spec) if name in found),
        "\n".join(made),
    )


def version_lines(manifest: BundleManifest, aliases: Iterable[str]) -> list[str]:
    """Format the details of a version, except its metrics."""
    named = ", ".join(aliases)
    return [
        f"{manifest.model} {manifest.version}{f' ({named})' if named else ''}: "
        f"{manifest.estimator}, trained {manifest.created_at:%Y-%m-%d %H:%M} UTC",
        f"data     {manifest.data.rows:,} {manifest.data.told} of data set "
        f"{manifest.data.dataset_version}{_judged(manifest)}",
        f"code     {manifest.code_version or _NONE}",
        f"run      {manifest.run_id}",
        *rule_lines(manifest),
    ]


def _judged(manifest: BundleManifest) -> str:
    judged = manifest.judged
    return f"; metrics of a twin fitted on {judged.data.rows:,} of them" if judged else ""


def rule_lines(manifest: BundleManifest) -> list[str]:
    """Format the version's threshold, classes, or interval."""
    lines = []
    if (found := manifest.interval) is not None:
        unit = "times the prediction" if found.scale == "relative" else manifest.target_unit or ""
        ends = f"{found.lower_offset:+.4g} to {found.upper_offset:+.4g} {unit}".rstrip()
        lines.append(f"interval {found.level:.0%} of outcomes lie within {ends} of the prediction")
    if manifest.classes is not None:
        lines.append(f"classes  {', '.join(manifest.classes)}; predicts the most likely one")
    if manifest.threshold is not None:
        reason = f": {manifest.threshold_choice.reason}" if manifest.threshold_choice else ""
        lines.append(f"threshold {manifest.threshold:.4f}{reason}")
    return lines


def metric_rows(manifest: BundleManifest) -> list[tuple[str, ...]]:
    """Format all metrics with their intervals."""
    return [
        (name, measure(found.value), interval(found)) for name, found in estimates(manifest).items()
    ]


def candidate_row(candidate: CandidateScore, chosen: str) -> tuple[str, ...]:
    """Format a candidate with its cross-validated score."""
    members = [f"{share:.0%} {name}" for name, share in candidate.weights.items()]
    changed = [f"{name} {value}" for name, value in candidate.parameters.items()]
    mark = "chosen" if candidate.name == chosen else ""
    return (
        candidate.name,
        measure(candidate.mean),
        measure(candidate.spread),
        ", ".join([*members, *changed]) or _NONE,
        mark,
    )


def move_row(move: AliasMove) -> tuple[str, ...]:
    """Format a move of an alias."""
    # Executions are recorded as both mover and execution; show them once.
    who = dict.fromkeys((move.moved_by, move.execution))
    return (
        move.alias,
        move.version or _NONE,
        f"{move.moved_at:%Y-%m-%d %H:%M:%S}",
        "\n".join(who),
        move.reason,
    )


def paired_row(test: PairedTest, first: Evaluation, second: Evaluation) -> tuple[str, ...]:
    """Format a paired test; the intervals are below the values."""
    difference = f"{test.difference:+.4g}"
    if test.lower is not None and test.upper is not None:
        difference += f"\n{test.lower:+.4g} to {test.upper:+.4g}"
    return (
        test.metric,
        _below(test.champion, first.metrics.get(test.metric)),
        _below(test.candidate, second.metrics.get(test.metric)),
        difference,
        p_value(test.p_value),
        test.name,
    )


def conclusion(test: PairedTest, first: str, second: str) -> str:
    """Return the conclusion of the gate's test as a sentence."""
    if test.lower is None or test.upper is None or test.lower <= 0.0 <= test.upper:
        return f"{test.metric}: no significant difference between {first} and {second}"
    more = test.difference > 0.0
    word = "better" if more == Metric(test.metric).higher_is_better else "worse"
    return f"{test.metric}: {second} is significantly {word} than {first}"


def _below(value: float, estimate: Estimate | None) -> str:
    ends = interval(estimate) if estimate else _NONE
    return measure(value) + (f"\n{ends}" if ends != _NONE else "")


def _metric(name: str, estimate: Estimate) -> str:
    ends = interval(estimate)
    return f"{name} {measure(estimate.value)}" + (f" ({ends})" if ends != _NONE else "")
