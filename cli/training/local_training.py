"""The retraining's steps in this process: buckets and registry are in memory, no cloud at all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from cli.output.console import say, step
from cli.output.files import write_whole
from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.domain.bundle import CARD_FILE, MANIFEST_FILE, BundleManifest, sha256
from modelfleet.domain.gate import Verdict
from modelfleet.domain.messages import Prepared, RetrainingState, Trained
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines import load_dataset
from modelfleet.pipelines.bundle import Bundle, candidate_folder, manifest_bytes, read_bundle
from modelfleet.pipelines.card import with_verdict
from modelfleet.pipelines.evaluate import evaluate
from modelfleet.pipelines.prepare import prepare
from modelfleet.pipelines.train import train

_EXECUTION = "here"


@dataclass(frozen=True)
class LocalTraining:
    """What came of it: the bundle's manifest, the gate's verdict, and where the files are."""

    manifest: BundleManifest
    prepared: Prepared
    verdict: Verdict
    folder: Path

    @property
    def card(self) -> Path:
        """The model card."""
        return self.folder / CARD_FILE


@dataclass(frozen=True)
class _World:
    """What the steps are given in place of a cloud."""

    spec: ModelSpec
    lake: ObjectStore
    artifacts: ObjectStore
    registry: MemoryRegistry


def train_here(
    spec: ModelSpec, table: Path, folder: Path, *, generated: bool, tune: int = 0
) -> LocalTraining:
    """Check, split, train, measure and judge, as the retraining machine does; write the bundle.

    The gate judges against nothing, because nothing serves here.

    Raises
    ------
    ModelfleetError
        If a step cannot be done; the text is the step's own.
    """
    world = _World(spec, memory_store(), memory_store(), MemoryRegistry())
    state = RetrainingState(model=spec.name, execution=_EXECUTION, tune=tune)
    prepared = _prepared(world, state, table, generated)
    state = state.model_copy(update={"prepared": prepared})
    state = state.model_copy(update={"trained": _trained(world, state)})
    with step("evaluate"):
        verdict = evaluate(spec, state, world.artifacts, world.registry, OnnxScorer).verdict
    bundle = _with_verdict(read_bundle(world.artifacts, candidate_folder(state)), verdict)
    _write(bundle, folder)
    return LocalTraining(bundle.manifest, prepared, verdict, folder)


def _prepared(world: _World, state: RetrainingState, table: Path, generated: bool) -> Prepared:
    with step(f"check and split {table}"):
        now = datetime.now(UTC)
        load_dataset.load(world.spec, table, world.lake, getuser(), now, generated=generated)
        return prepare(world.spec, state, world.lake, world.artifacts)


def _trained(world: _World, state: RetrainingState) -> Trained:
    with step("train"):
        return train(
            world.spec,
            state,
            world.artifacts,
            world.registry,
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
    # The manifest is last: it holds the checksums of the others.
    for name, content in bundle.files.items():
        write_whole(folder / name, content)
    write_whole(folder / MANIFEST_FILE, manifest_bytes(bundle.manifest))
