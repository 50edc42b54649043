"""Retraining in this process, with in-memory buckets and registry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.output.console import say, step
from cli.output.files import write_atomically
from cli.output.user import user
from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.datasets import load as load_dataset
from modelfleet.evaluation.gate import Verdict
from modelfleet.registry.bundle_store import Bundle, read_bundle
from modelfleet.registry.manifest import CARD_FILE, MANIFEST_FILE, BundleManifest, sha256
from modelfleet.retraining.state import Prepared, RetrainingState, Trained
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import AS_FOUND, ReadOptions
from modelfleet.training.card.build import with_verdict
from modelfleet.training.evaluate import evaluate
from modelfleet.training.prepare import prepare
from modelfleet.training.staging import candidate_folder
from modelfleet.training.train import train

_EXECUTION = "here"
# The hashes stay in memory, and with a constant key the same table always gives the same split.
_GROUP_KEY = b"fleet check"


@dataclass(frozen=True)
class LocalTraining:
    """Result of a local training: the manifest, the gate's verdict, and the bundle's folder."""

    manifest: BundleManifest
    prepared: Prepared
    verdict: Verdict
    folder: Path

    @property
    def card(self) -> Path:
        """Path of the model card."""
        return self.folder / CARD_FILE


@dataclass(frozen=True)
class _Ports:
    """In-memory adapters for the steps."""

    spec: ModelSpec
    lake: ObjectStore
    artifacts: ObjectStore
    registry: MemoryRegistry


def train_here(
    spec: ModelSpec,
    table: Path,
    folder: Path,
    *,
    generated: bool,
    tune: int = 0,
    options: ReadOptions = AS_FOUND,
) -> LocalTraining:
    """Check, split, train, evaluate, and gate like the state machine, and write the bundle.

    There is no champion, so the gate only applies its limits.

    Raises
    ------
    ModelfleetError
        If a step fails.
    """
    ports = _Ports(spec, memory_store(), memory_store(), MemoryRegistry())
    state = RetrainingState(model=spec.name, execution=_EXECUTION, tune=tune)
    prepared = _prepared(ports, state, table, generated, options)
    state = state.model_copy(update={"prepared": prepared})
    state = state.model_copy(update={"trained": _trained(ports, state)})
    with step("evaluate"):
        verdict = evaluate(spec, state, ports.artifacts, ports.registry, OnnxScorer).verdict
    bundle = _with_verdict(read_bundle(ports.artifacts, candidate_folder(state)), verdict)
    _write(bundle, folder)
    return LocalTraining(bundle.manifest, prepared, verdict, folder)


def _prepared(
    ports: _Ports, state: RetrainingState, table: Path, generated: bool, options: ReadOptions
) -> Prepared:
    with step(f"check and split {table}"):
        now = datetime.now(UTC)
        load_dataset.load(
            ports.spec,
            table,
            ports.lake,
            user(),
            now,
            generated=generated,
            options=options,
            group_key=lambda: _GROUP_KEY,
        )
        return prepare(ports.spec, state, ports.lake, ports.artifacts)


def _trained(ports: _Ports, state: RetrainingState) -> Trained:
    with step("train"):
        return train(
            ports.spec,
            state,
            ports.artifacts,
            ports.registry,
            OnnxExporter(),
            OnnxScorer,
            datetime.now(UTC),
            lambda text: say(f"    {text}"),
        )


def _with_verdict(bundle: Bundle, verdict: Verdict) -> Bundle:
    card = with_verdict(bundle.files[CARD_FILE], verdict)
    checksums = {**bundle.manifest.files, CARD_FILE: sha256(card)}
    manifest = bundle.manifest.model_copy(update={"files": checksums})
    return Bundle(manifest, {**bundle.files, CARD_FILE: card})


def _write(bundle: Bundle, folder: Path) -> None:
    # The manifest is written last, because it contains the checksums of the other files.
    for name, content in bundle.files.items():
        write_atomically(folder / name, content)
    write_atomically(folder / MANIFEST_FILE, bundle.manifest.to_json())
