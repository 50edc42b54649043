"""The options and arguments that several commands share."""

from typing import Annotated

import typer

from cli.cloud import Stage
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
