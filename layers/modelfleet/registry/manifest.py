"""Manifest of a bundle: its content and checksums."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import BundleError
from modelfleet.spec.features import Column
from modelfleet.spec.model import Task
from modelfleet.statistics.decision_rule import Classes, PredictionInterval, Rule
from modelfleet.statistics.results import (
    CalibrationChoice,
    Closeness,
    Evaluation,
    Parity,
    Selection,
    ThresholdChoice,
)
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.table_format import TableFormat

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.onnx"
JUDGED_MODEL_FILE = "judged.onnx"
JUDGED_ENCODING_FILE = "judged.json"
JUDGED_FILES = frozenset({JUDGED_MODEL_FILE, JUDGED_ENCODING_FILE})
"""Files that nothing reads while serving."""
PROFILE_FILE = "profile.json"
BACKGROUND_FILE = "background.json"
REPLAY_FILE = "replay.json"
CARD_FILE = "card.html"
ONNX_INPUT = "features"
ONNX_OUTPUT = "prediction"


class DataFingerprint(Frozen, extra="ignore"):
    """Which rows a model was fitted on.

    `generated` marks synthetic rows. `loaded_at` is when the data set version was created; `None`
    in older bundles.
    """

    dataset_version: str
    sha256: str
    rows: int
    generated: bool = False
    loaded_at: datetime | None = None

    @property
    def told(self) -> str:
        """What kind of rows these are, in words."""
        return "generated rows" if self.generated else "loaded rows"

    def outranks(self, other: "DataFingerprint") -> bool:
        """Whether these rows are real and the others generated.

        A model trained on these rows then need not beat or even resemble one trained on the others.
        """
        return other.generated and not self.generated


class JudgedModel(Frozen, extra="ignore"):
    """The served model's twin, which held-out rows can judge.

    It has the same recipe, rounds, and calibration, but is fitted without the held-out side.
    """

    data: DataFingerprint
    closeness: Closeness


class BundleManifest(Document, defer_build=False):
    """Table of contents of a bundle. `version` is empty until the bundle is registered.

    The ONNX model maps `features`, float32 (n, columns) encoded by `encoding`, to `prediction`,
    float32 (n, 1): the probability of the positive class, or the value. With more than two
    `classes`, it is float32 (n, classes): the class probabilities in this order.

    `data`, `encoding`, and `parity` are those of the served model. All figures on held-out rows are
    of the `judged` one, which has its own encoding; it is `None` if both are one model, as in older
    bundles.

    `importance` is the loss that permuting each column causes on held-out rows.

    `table_format` is how the file of the training data was read; tables to score are read alike.

    The fields after `files` describe how the model was selected and evaluated; older bundles lack
    them.
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
    judged: JudgedModel | None = None
    importance: dict[str, float] = Field(default_factory=dict)

    @property
    def rule(self) -> Rule:
        """What its task decides with.

        Raises
        ------
        BundleError
            If it is not there.
        """
        field = self.task.kind.rule_field
        rule: Rule | None = getattr(self, field)
        if rule is None:
            raise BundleError(f"{self.model} {self.version}: the manifest has no {field}")
        return rule


def sha256(content: bytes) -> str:
    """Return the checksum of a file as manifests record it."""
    return hashlib.sha256(content).hexdigest()


def verify(manifest: BundleManifest, files: Mapping[str, bytes]) -> None:
    """Verify files against the manifest's checksums.

    Raises
    ------
    BundleError
        If a checksum differs, or a file is not in the manifest.
    """
    for name, content in files.items():
        if manifest.files.get(name) != sha256(content):
            raise BundleError(f"{manifest.model} {manifest.version}: {name} fails its checksum")


class Replay(Document):
    """Content of `replay.json`: held-out rows, `None` for missing, and the served model's scores.

    The served model has learned most of these rows, so the scores only serve to be reproduced.

    With more than two classes, a score is the probability of the predicted class.
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
    """Serialize rows of features, `None` for missing, to the content of `background.json`."""
    return _BACKGROUND.dump_json([dict(row) for row in rows])


def read_background(content: bytes) -> list[dict[str, str | float | None]]:
    """Parse `background.json`.

    Raises
    ------
    BundleError
        If it is unreadable or contains no rows.
    """
    try:
        rows = _BACKGROUND.validate_json(content)
    except ValidationError as error:
        raise BundleError(f"{BACKGROUND_FILE} is not readable") from error
    if not rows:
        raise BundleError(f"{BACKGROUND_FILE} contains no rows")
    return rows


def read_encoding(content: bytes) -> RowEncoding:
    """Parse `judged.json`.

    Raises
    ------
    BundleError
        If it is unreadable.
    """
    try:
        return RowEncoding.model_validate_json(content)
    except ValidationError as error:
        raise BundleError(f"{JUDGED_ENCODING_FILE} is not readable") from error


_BACKGROUND = TypeAdapter(list[dict[str, str | float | None]])
