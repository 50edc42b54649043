"""Options and arguments that several commands share."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli.cloud import Stage
from cli.output.errors import FleetError
from modelfleet.pages.text import is_one_line
from modelfleet.retraining.state import LONGEST_LINE, MOST_TRIALS
from modelfleet.spec.names import quoted, require_identifier

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


def visible_line(value: str) -> str:
    """A callback that rejects reasons that a record cannot show on one line."""
    if not is_one_line(value) or len(value) > LONGEST_LINE:
        raise FleetError(
            f"invalid --reason {quoted(value)}; use one line of at most {LONGEST_LINE} visible "
            "characters"
        )
    return value


def identifier(kind: str) -> Callable[[str | None], str | None]:
    """A callback that rejects values that cannot be the identifier of such a thing."""

    def check(value: str | None) -> str | None:
        return None if value is None else require_identifier(kind, value)

    return check
