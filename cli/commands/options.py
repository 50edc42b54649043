"""The options and arguments that several commands share."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli.cloud import Stage
from modelfleet.domain.identifiers import require_identifier
from modelfleet.domain.messages import MOST_TRIALS

StageOption = Annotated[
    Stage, typer.Option("--stage", envvar="FLEET_STAGE", help="Which deployment to speak to.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
TuneOption = Annotated[
    int,
    typer.Option(
        "--tune",
        min=0,
        max=MOST_TRIALS,
        metavar="N",
        help="Try N sets of parameters on the estimator that is taken, within eight minutes.",
    ),
]
ModelArgument = Annotated[str, typer.Argument(help="The model's name, as its folder is called.")]


def name_of_a(kind: str) -> Callable[[str | None], str | None]:
    """Check an option or argument before anything is looked for under that name."""

    def check(value: str | None) -> str | None:
        return None if value is None else require_identifier(kind, value)

    return check
