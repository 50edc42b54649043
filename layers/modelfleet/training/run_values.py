"""MLflow parameters and metrics of a candidate."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.names import name_part
from modelfleet.statistics.results import Estimate, Evaluation, Selection
from modelfleet.statistics.tasks.by_task import STATISTICS

_MEASURED = {"learning_curve", "learning_note", "accuracy_cost"}
_DECIDES = {"resampling", "threshold", "interval_level", "gate", "slices", "data_limits"}


def with_intervals(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    """Flatten estimates to values and interval bounds `<name>_lower` and `<name>_upper`."""
    ends = {
        f"{name}_{end}": value
        for name, estimate in estimates.items()
        for end, value in (("lower", estimate.lower), ("upper", estimate.upper))
        if value is not None
    }
    return {name: estimate.value for name, estimate in estimates.items()} | ends


def run_parameters(
    spec: ModelSpec, manifest: BundleManifest, pipeline: Any, seed: int
) -> dict[str, Any]:
    """Return a candidate's parameters: data, spec, selection, and fitted pipeline."""
    return {
        "estimator": manifest.estimator,
        "calibration": manifest.calibration.kind if manifest.calibration else spec.calibration,
        "seed": seed,
        "training_rows": manifest.data.rows,
        "training_rows_sha256": manifest.data.sha256,
        **({"judged_training_rows": manifest.judged.data.rows} if manifest.judged else {}),
        "features": ", ".join(manifest.encoding.names),
        **_declared(spec),
        **_selection_parameters(manifest.selection),
        **_pipeline_parameters(pipeline),
    }


def _declared(spec: ModelSpec) -> dict[str, Any]:
    """Return the spec's training and gate settings that differ from the defaults."""
    decided = spec.model_dump(mode="json", include=_DECIDES, exclude_defaults=True)
    return dict(_flat("spec", decided))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield name, value
        return
    for key, inner in value.items():
        yield from _flat(f"{name}.{name_part(key)}", inner)


def _pipeline_parameters(pipeline: Any) -> dict[str, Any]:
    """Return the scalar parameters of every step of the pipeline."""
    return {
        f"pipeline.{name.replace('__', '.')}": value
        for name, value in pipeline.get_params(deep=True).items()
        if isinstance(value, str | int | float) and not name.endswith("verbose")
    }


def _selection_parameters(selection: Selection | None) -> dict[str, Any]:
    if selection is None:
        return {}
    fields = selection.model_dump(exclude={"candidates", "chosen", *_MEASURED})
    names = ", ".join(candidate.name for candidate in selection.candidates)
    return {"candidates": names} | {f"selection.{name}": value for name, value in fields.items()}


def run_metrics(manifest: BundleManifest, size: int) -> dict[str, float]:
    """Return a candidate's metrics: holdout, slices, cross-validation, parity, and size."""
    return {
        **manifest.metrics,
        **(_measured(manifest.evaluation) if manifest.evaluation else {}),
        **(_cross_validated(manifest.selection) if manifest.selection else {}),
        "parity_maximum_difference": manifest.parity.maximum_difference,
        "parity_mean_difference": manifest.parity.mean_difference,
        **({"refit_difference": manifest.judged.closeness.difference} if manifest.judged else {}),
        "bundle_bytes": size,
        **STATISTICS[manifest.task].rule_metrics(manifest.rule),
    }


def _measured(evaluation: Evaluation) -> dict[str, float]:
    slices = {
        f"slice/{name_part(group.column)}/{name_part(group.group)}": group.estimate
        for group in evaluation.slices
        if group.estimate is not None
    }
    classes = {f"class/{name_part(each.name)}/recall": each.recall for each in evaluation.classes}
    noise = evaluation.calibration_noise
    return {
        **with_intervals(evaluation.metrics),
        **with_intervals(slices),
        **with_intervals(classes),
        "test_rows": evaluation.rows,
        **({} if noise is None else {"calibration_noise": noise}),
    }


def _cross_validated(selection: Selection) -> dict[str, float]:
    return (
        {
            f"cross_validation/{candidate.name}{ending}": value
            for candidate in selection.candidates
            for ending, value in (("", candidate.mean), ("_spread", candidate.spread))
        }
        | {f"learning_curve/{point.rows}_rows": point.mean for point in selection.learning_curve}
        | ({} if selection.accuracy_cost is None else {"accuracy_cost": selection.accuracy_cost})
    )
