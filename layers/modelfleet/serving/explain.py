"""Explains a prediction with Shapley values."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from modelfleet.registry.manifest import BundleManifest
from modelfleet.registry.pointer import Variant
from modelfleet.serving.load import ServedModel
from modelfleet.serving.score import Call, Predictor, Row
from modelfleet.spec.errors import UnavailableError
from modelfleet.statistics.shapley import Attribution, Matrix, Vector, shapley_values

# The slowest model, carvision's forest, scores 10,000 rows in 30 to 90 ms on one core, depending
# on load; a row must be explained in 150 ms.
EVALUATIONS = 10_000
# The fixed cost of scoring a row, in units of the cost per class.
_CLASSES = 4
# An estimate needs at least two permutations of the columns and their reverses.
_WALKS = 4
_FEWEST_ROWS = 25
# Champion and challenger.
_KEPT_BACKGROUNDS = 2


@dataclass(frozen=True, slots=True)
class Contribution:
    """Contribution of one input in the unit of the prediction, with its standard error."""

    feature: str
    value: str | float | None
    contribution: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Explanation of a prediction; `base_value` plus all contributions equals `prediction`.

    For a multiclass model, it explains the probability of the predicted class, `label`.
    """

    version: str
    variant: Variant
    prediction: float
    base_value: float
    contributions: tuple[Contribution, ...]
    exact: bool
    evaluations: int
    background_rows: int
    label: str | None = None


class Explainer:
    """Explains predictions with Shapley values of the model's input fields.

    Parameters
    ----------
    predictor
        Routes a call to the version that would predict for it.
    read_background
        Reads a version's encoded background rows, shape (rows, columns).
    evaluations
        Maximum number of rows to score for one explanation.
    """

    def __init__(
        self,
        predictor: Predictor,
        read_background: Callable[[BundleManifest], list[list[float]]],
        evaluations: int = EVALUATIONS,
    ) -> None:
        self._predictor = predictor
        self._read_background = read_background
        self._evaluations = evaluations
        self._backgrounds: dict[str, Matrix] = {}

    def explain(self, row: Row, call: Call) -> Explanation:
        """Explain the prediction for one validated row.

        The explanation of a row by a version is deterministic.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        UnavailableError
            If the version's background rows cannot be read.
        ScoringError
            If the model's output is not a number.
        """
        return self._predictor.on_an_arm(
            call, lambda model, variant: self._explained(model, variant, row)
        )

    def _explained(self, model: ServedModel, variant: Variant, row: Row) -> Explanation:
        evaluations = self._affordable(model.manifest)
        background = _compared(self._background(model.manifest), evaluations, model.manifest)
        encoded = self.matrix(model.manifest.encoding.encode([row]))
        place, classes = _likeliest(model, encoded), model.manifest.classes
        prediction = float(_scores(model, encoded, place)[0])
        made = shapley_values(
            lambda rows: _scores(model, rows, place),
            encoded[0],
            background,
            row_score=prediction,
            evaluations=evaluations,
            seed=_seed(model.manifest, encoded),
            owners=model.manifest.encoding.owners,
        )
        return Explanation(
            version=model.manifest.version,
            variant=variant,
            prediction=prediction,
            base_value=made.base,
            contributions=_contributions(model.manifest, row, made),
            exact=made.exact,
            evaluations=made.evaluations,
            background_rows=len(background),
            label=None if place is None or classes is None else classes[place],
        )

    def _affordable(self, manifest: BundleManifest) -> int:
        """Return the number of rows to score; multiclass models cost more, with trees per class."""
        if manifest.classes is None:
            return self._evaluations
        return self._evaluations * _CLASSES // (_CLASSES + len(manifest.classes))

    @staticmethod
    def matrix(rows: list[list[float]]) -> Matrix:
        """Convert encoded rows to the model's input array."""
        return np.asarray(rows, dtype=np.float32)

    def _background(self, manifest: BundleManifest) -> Matrix:
        known = self._backgrounds.get(manifest.version)
        if known is not None:
            return known
        try:
            rows = self.matrix(self._read_background(manifest))
        # Errors of the bucket or the bundle only affect this response, not predictions.
        except Exception as error:
            raise UnavailableError("The background rows cannot be read; try again.") from error
        while len(self._backgrounds) >= _KEPT_BACKGROUNDS:
            del self._backgrounds[next(iter(self._backgrounds))]
        self._backgrounds[manifest.version] = rows
        return rows


def _compared(background: Matrix, evaluations: int, manifest: BundleManifest) -> Matrix:
    """Return as many background rows, in their random order, as the evaluations allow."""
    if manifest.classes is None:
        return background
    each = _WALKS * len(manifest.encoding.names)
    return background[: max(_FEWEST_ROWS, evaluations // each)]


def _likeliest(model: ServedModel, encoded: Matrix) -> int | None:
    """Return the index of a row's likeliest class; `None` if the model is not multiclass."""
    return None if model.manifest.classes is None else int(_answered(model, encoded)[0].argmax())


def _scores(model: ServedModel, rows: Matrix, place: int | None) -> Vector:
    """Score rows as in responses: probabilities clipped to [0, 1], of one class."""
    scores = _answered(model, rows)
    if place is not None:
        scores = scores[:, place]
    return np.clip(scores, *model.manifest.task.kind.score_range)


def _answered(model: ServedModel, rows: Matrix) -> Vector:
    # A matrix behaves like a sequence of sequences, although its type does not declare it.
    return np.asarray(model.scorer.score(cast("Sequence[Sequence[float]]", rows)))


def _seed(manifest: BundleManifest, encoded: Matrix) -> int:
    digest = hashlib.sha256(f"{manifest.model}/{manifest.version}/".encode() + encoded.tobytes())
    return int.from_bytes(digest.digest()[:8], "big")


def _contributions(
    manifest: BundleManifest, row: Row, made: Attribution
) -> tuple[Contribution, ...]:
    """Return the inputs' contributions, largest first."""
    order = np.argsort(-np.abs(made.values), kind="stable")
    names = manifest.encoding.names
    return tuple(
        Contribution(names[i], row.get(names[i]), float(made.values[i]), float(made.errors[i]))
        for i in order
    )
