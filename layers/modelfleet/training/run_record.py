"""Records that the steps log to their MLflow run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelfleet.evaluation.gate import Verdict
from modelfleet.evaluation.measure import Speed
from modelfleet.pages.charts import standalone
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ONNX_OUTPUT,
    BundleManifest,
    read_background,
)
from modelfleet.registry.model_registry import (
    ExperimentLog,
    ModelDescription,
    ModelRegistry,
    RunDescription,
)
from modelfleet.retraining.state import RetrainingState, Trigger
from modelfleet.spec.model import ModelSpec
from modelfleet.training.card.plots import Plot
from modelfleet.training.run_values import run_metrics, run_parameters
from modelfleet.training.staging import FOLDER

_PLOTS = "plots"
_EXAMPLE_ROWS = 5
_DIGEST = 36
_STARTED = {
    Trigger.SCHEDULE: "scheduled",
    Trigger.DRIFT: "after drift",
    Trigger.PERFORMANCE: "after worse performance",
    Trigger.MANUAL: "manual",
    Trigger.DATA: "new data",
}
_RUN_BY = ("numpy", "onnx", "onnxruntime", "pandas")


@contextmanager
def failing_run_is_marked(registry: ModelRegistry, run_id: str) -> Iterator[None]:
    """Mark the run as failed if the step raises; a successful retry clears the mark."""
    try:
        yield
    except Exception:
        registry.finish_run(run_id, failed=True)
        raise


@dataclass(frozen=True)
class TrainingRecord:
    """Training artifacts outside the bundle: pipeline, seed, plots, and speed of the export.

    The measured speed differs each time; what is in the bundle is the same on every retry.
    """

    pipeline: Any
    seed: int
    plots: tuple[Plot, ...]
    speed: Speed


def record_training(
    run: ExperimentLog, spec: ModelSpec, bundle: Bundle, training: TrainingRecord
) -> None:
    """Record a candidate's parameters, metrics, and the files of the served model.

    Parameters
    ----------
    run
        The execution's run.
    spec, bundle
        The model and the candidate's bundle.
    training
        Training artifacts outside the bundle.
    """
    if bundle.manifest.code_version is not None:
        run.tags({"code_version": bundle.manifest.code_version})
    parameters = run_parameters(spec, bundle.manifest, training.pipeline, training.seed)
    run.parameters(parameters)
    run.metrics(run_metrics(bundle.manifest, bundle.size) | asdict(training.speed))
    drawn = {f"{plot.name}.svg": standalone(plot.svg) for plot in training.plots}
    _record_files(run, drawn, _PLOTS)
    _record_files(run, {**bundle.served, MANIFEST_FILE: bundle.manifest.to_json()}, FOLDER)
    run.model(FOLDER, _description(bundle))


def record_registration(run: ExperimentLog, bundle: Bundle) -> None:
    """Record the files that registration changed: the card and the manifest with the version."""
    changed = {CARD_FILE: bundle.files[CARD_FILE], MANIFEST_FILE: bundle.manifest.to_json()}
    _record_files(run, changed, FOLDER)


def run_description(
    state: RetrainingState, manifest: BundleManifest, version: str | None = None
) -> RunDescription:
    """Return what people see of a run: `bankchurn v4, scheduled, 2026-11-30` and its origin."""
    code = f", code {manifest.code_version}" if manifest.code_version else ""
    data = manifest.data
    named = f"{state.model} v{version}" if version else state.model
    return RunDescription(
        name=f"{named}, {_STARTED[state.trigger]}, {manifest.created_at:%Y-%m-%d}",
        author=state.by or state.trigger.value,
        source=f"layers/models/{state.model}{code}",
        dataset=f"{state.model} {data.dataset_version}",
        # MLflow stores no longer ones.
        dataset_digest=data.sha256[:_DIGEST],
        rows=data.rows,
    )


def version_tags(manifest: BundleManifest, execution: str, verdict: Verdict) -> dict[str, str]:
    """Return the tags of a registered version."""
    tags = {
        "execution": execution,
        "dataset_version": manifest.data.dataset_version,
        "verdict": verdict.decision.value,
        "verdict_reasons": "; ".join(verdict.reasons),
    }
    return tags | ({"code_version": manifest.code_version} if manifest.code_version else {})


def _description(bundle: Bundle) -> ModelDescription:
    encoding, libraries = bundle.manifest.encoding, bundle.manifest.libraries
    rows = read_background(bundle.files[BACKGROUND_FILE])[:_EXAMPLE_ROWS]
    return ModelDescription(
        file=MODEL_FILE,
        columns=encoding.input_names,
        answer=ONNX_OUTPUT,
        example=tuple(map(tuple, encoding.encode(rows))),
        requirements=tuple(f"{name}=={libraries[name]}" for name in _RUN_BY),
    )


def _record_files(run: ExperimentLog, files: Mapping[str, bytes], folder: str) -> None:
    with TemporaryDirectory() as written:
        for name, content in files.items():
            path = Path(written) / name
            path.write_bytes(content)
            run.artifact(path, folder)
