"""Generated rows with their outcomes."""

import inspect
import random
from dataclasses import dataclass
from typing import Any

from cli.output.errors import FleetError
from cli.simulation.disturbances import Disturbances
from modelfleet.spec.model import ModelSpec

# More rows are drawn than needed, because some are invalid for the model.
_SPARE = 1.2


@dataclass(frozen=True)
class SimulatedRow:
    """A request's features, and the outcome to report to `/feedback`."""

    features: dict[str, Any]
    actual: float | str


def simulated_rows(
    spec: ModelSpec, count: int, seed: int, disturbances: Disturbances
) -> list[SimulatedRow]:
    """Draw rows, the same ones for the same seed.

    Raises
    ------
    FleetError
        If the model's generator does not support a disturbance or draws too few valid rows.
    DatasetError
        If a feature cannot be shifted in this way.
    """
    from modelfleet.tables.validate import validate  # noqa: PLC0415  # imports pandas

    drawn = _draw(spec, round(count * _SPARE) + 10, seed, disturbances)
    chosen = ({name: row[name] for name in spec.data_columns} for row in drawn)
    accepted = validate(spec, enumerate(chosen)).accepted[:count]
    if len(accepted) < count:
        raise FleetError(
            f"{spec.name}: only {len(accepted):,} of {len(drawn):,} generated rows are valid; "
            "correct its sample.py"
        )
    rng = random.Random(seed)  # noqa: S311  # nosec B311  # repeatable, no secret
    return [
        SimulatedRow(
            features=_disturbed(
                {name: row[name] for name in spec.feature_names}, disturbances, rng
            ),
            actual=spec.task.kind.reported(spec.target, row[spec.target.column]),
        )
        for row in accepted
    ]


def _draw(
    spec: ModelSpec, rows: int, seed: int, disturbances: Disturbances
) -> list[dict[str, Any]]:
    from modelfleet.sampling.samplers import sampler  # noqa: PLC0415  # imports numpy

    draw = sampler(spec).draw
    moves = {"shift": disturbances.shift, "concept": disturbances.concept}
    given = {name: moved for name, moved in moves.items() if moved}
    if unsupported := sorted(set(given) - set(inspect.signature(draw).parameters)):
        raise FleetError(f"{spec.name}: its generated rows do not support --{unsupported[0]}")
    return draw(rows, seed, **given)


def _disturbed(
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
