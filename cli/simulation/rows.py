"""Rows to call a model with, and what will come of each: drawn from its `sample.py`."""

import inspect
import random
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cli.output.errors import FleetError
from cli.simulation.disturbances import Disturbances
from modelfleet.domain.spec import ModelSpec, Task

# Some drawn rows are none that the model knows, such as advertisements without a real price.
_SPARE = 1.2


@dataclass(frozen=True)
class SimulatedRow:
    """What a caller asks, and what really happens afterwards, as `/feedback` takes it."""

    features: dict[str, Any]
    actual: float | str


def simulated_rows(
    spec: ModelSpec, count: int, seed: int, disturbances: Disturbances
) -> list[SimulatedRow]:
    """Draw rows; the same seed gives the same ones.

    Raises
    ------
    FleetError
        If the model's generator cannot do what is asked for.
    DatasetError
        If a feature cannot be moved like that.
    """
    from modelfleet.pipelines.validate import validate  # noqa: PLC0415  # for this command alone

    drawn = _draw(spec, round(count * _SPARE) + 10, seed, disturbances)
    chosen = ({name: row[name] for name in spec.data_columns} for row in drawn)
    accepted = validate(spec, enumerate(chosen)).accepted[:count]
    if len(accepted) < count:
        raise FleetError(
            f"{spec.name}: of {len(drawn)} rows that sample.py has drawn, {len(accepted)} are "
            "rows that the model knows"
        )
    rng = random.Random(seed)  # noqa: S311  # nosec B311  # repeatable, no secret
    whole = spec.task is Task.BINARY
    return [
        SimulatedRow(
            features=_spoiled({name: row[name] for name in spec.feature_names}, disturbances, rng),
            actual=int(row[spec.target.column]) if whole else row[spec.target.column],
        )
        for row in accepted
    ]


def _draw(
    spec: ModelSpec, rows: int, seed: int, disturbances: Disturbances
) -> list[dict[str, Any]]:
    sample = import_module(f"models.{spec.name}.sample").sample
    moves = {"shift": disturbances.shift, "concept": disturbances.concept}
    asked = {name: moved for name, moved in moves.items() if moved}
    if unable := sorted(set(asked) - set(inspect.signature(sample).parameters)):
        raise FleetError(f"{spec.name}: its sample.py takes no {unable[0]}")
    drawn: list[dict[str, Any]] = sample(rows, seed, **asked)
    return drawn


def _spoiled(
    features: dict[str, Any], disturbances: Disturbances, rng: random.Random
) -> dict[str, Any]:
    for column, shares in disturbances.new_categories.items():
        at, reached = rng.random(), 0.0
        for category, share in shares.items():
            reached += share
            if at < reached:
                features[column] = category
                break
    for column, share in disturbances.missing.items():
        if rng.random() < share:
            features[column] = None
    return features
