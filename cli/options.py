"""The options and arguments that several commands share."""

from typing import Annotated

import typer

from cli.cloud import Stage

StageOption = Annotated[
    Stage, typer.Option("--stage", envvar="FLEET_STAGE", help="Which deployment to speak to.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
ModelArgument = Annotated[str, typer.Argument(help="The model's name, as its folder is called.")]
