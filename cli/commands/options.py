"""Options and arguments that several commands share."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli.cloud import Stage
from modelfleet.retraining.state import MOST_TRIALS
from modelfleet.spec.names import require_identifier

StageOption = Annotated[
    Stage, typer.Option("--stage", envvar="FLEET_STAGE", help="Deployment to connect to.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
TuneOption = Annotated[
    int,
    typer.Option(
        "--tune",
        min=0,
        max=MOST_TRIALS,
        metavar="N",
        help="Try N sets of hyperparameters on the chosen estimator, for up to eight minutes.",
    ),
]
ModelArgument = Annotated[str, typer.Argument(help="Name of the model: its folder's name.")]


def identifier(kind: str) -> Callable[[str | None], str | None]:
    """A callback that rejects values that cannot be the identifier of such a thing."""

    def check(value: str | None) -> str | None:
        return None if value is None else require_identifier(kind, value)

    return check
