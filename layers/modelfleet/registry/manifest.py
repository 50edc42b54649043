"""A bundle's manifest: what is in it, and how to verify it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError, model_validator

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import BundleError
from modelfleet.spec.features import Column
from modelfleet.spec.model import Task
from modelfleet.statistics.decision_rule import Classes, PredictionInterval, Rule
from modelfleet.statistics.results import (
    CalibrationChoice,
    Evaluation,
    Parity,
    Selection,
    ThresholdChoice,
)
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.table_format import TableFormat

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.onnx"
PROFILE_FILE = "profile.json"
BACKGROUND_FILE = "background.json"
REPLAY_FILE = "replay.json"
CARD_FILE = "card.html"
ONNX_INPUT = "features"
ONNX_OUTPUT = "prediction"


class DataFingerprint(Frozen, extra="ignore"):
    """Which rows the model was trained on.

    `generated` says that they were made up, `loaded_at` when the data set version was made; `None`
    in bundles from before that was recorded.
    """

    dataset_version: str
    sha256: str
    rows: int
    generated: bool = False
    loaded_at: datetime | None = None

    def outranks(self, other: "DataFingerprint") -> bool:
        """Whether a model of these rows need not be like one of the others, let alone better.

        These were observed and the others generated.
        """
        return other.generated and not self.generated


class BundleManifest(Document, defer_build=False):
    """A bundle's table of contents. `version` is empty until the bundle is registered.

    The ONNX model takes `features`, float32 (n, columns) encoded by `encoding`, and answers
    `prediction`, float32 (n, 1): the positive class's probability, or the value. Of more than two
    `classes` it is float32 (n, classes), a probability each in their order.

    `table_format` is how the file of the training data was read; tables to score are read alike.

    What stands after `files` says how the model was chosen and measured; bundles from before that
    was recorded do not have it.
    """

    noun = "manifest.json"
    error = BundleError

    format: Literal[1] = 1
    model: str
    version: str
    task: Task
    created_at: datetime
    run_id: str
    estimator: str
    data: DataFingerprint
    features: tuple[Column, ...]
    encoding: RowEncoding
    target: str
    target_unit: str | None = None
    threshold: float | None = None
    interval: PredictionInterval | None = None
    classes: Classes | None = None
    metrics: dict[str, float]
    parity: Parity
    libraries: dict[str, str]
    files: dict[str, str]
    evaluation: Evaluation | None = None
    selection: Selection | None = None
    calibration: CalibrationChoice | None = None
    threshold_choice: ThresholdChoice | None = None
    code_version: str | None = None
    trigger: str | None = None
    trigger_evidence: tuple[str, ...] = ()
    table_format: TableFormat | None = None

    @property
    def rule(self) -> Rule | None:
        """What its task decides with; no valid bundle is without."""
        rules: Mapping[Task, Rule | None] = {
            Task.BINARY: self.threshold,
            Task.MULTICLASS: self.classes,
            Task.REGRESSION: self.interval,
        }
        return rules[self.task]


def sha256(content: bytes) -> str:
    """The checksum that manifests carry."""
    return hashlib.sha256(content).hexdigest()


def verify(manifest: BundleManifest, files: Mapping[str, bytes]) -> None:
    """Compare files with the manifest's checksums.

    Raises
    ------
    BundleError
        If a file's checksum differs, or the manifest does not know the file.
    """
    for name, content in files.items():
        if manifest.files.get(name) != sha256(content):
            raise BundleError(f"{manifest.model} {manifest.version}: {name} fails its checksum")


class Replay(Document):
    """The content of `replay.json`: held-out rows, `None` for absent, and the model's scores.

    Of more than two classes a score is the likeliest one's probability.
    """

    noun = "replay.json"
    error = BundleError

    rows: tuple[dict[str, str | float | None], ...]
    scores: tuple[float, ...]

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if not self.rows or len(self.rows) != len(self.scores):
            raise ValueError(f"{len(self.rows)} rows, {len(self.scores)} scores")
        return self


def write_background(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The content of `background.json`: rows of features, `None` for absent."""
    return _BACKGROUND.dump_json([dict(row) for row in rows])


def read_background(content: bytes) -> list[dict[str, str | float | None]]:
    """Parse `background.json`.

    Raises
    ------
    BundleError
        If it holds no rows.
    """
    try:
        rows = _BACKGROUND.validate_json(content)
    except ValidationError as error:
        raise BundleError(f"{BACKGROUND_FILE} is not readable") from error
    if not rows:
        raise BundleError(f"{BACKGROUND_FILE} holds no rows")
    return rows


_BACKGROUND = TypeAdapter(list[dict[str, str | float | None]])
