"""`fleet data`: data set versions."""

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.console import answer, answer_json, step
from cli.options import JsonOption, ModelArgument, StageOption
from modelfleet.domain.deployment import Output
from models.catalogue import find

app = typer.Typer(help="Data set versions.", no_args_is_help=True)


@app.command()
def load(
    model: ModelArgument,
    file: Annotated[Path, typer.Argument(help="A CSV with the model's columns and its target.")],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Validate a table row by row and store it as a new data set version.

    Rows that break the model's schema are set aside with their reasons. Nothing is stored where the
    table as a whole cannot be used.

    Example: fleet data load bankchurn Churn_Modelling.csv
    """
    from modelfleet.pipelines import load_dataset  # noqa: PLC0415  # pandas is heavy

    spec = find(model)
    lake = Cloud.connect(stage).store(Output.LAKE_BUCKET)
    with step(f"load {file}"):
        manifest = load_dataset.load(spec, file, lake, loaded_by=getuser(), now=datetime.now(UTC))
    if as_json:
        answer_json(manifest.model_dump(mode="json"))
        return
    answer(
        f"{model}: data set version {manifest.version}, {manifest.rows} rows, "
        f"{manifest.quarantined} set aside"
    )
    if manifest.unused:
        answer(f"columns that the model does not know: {', '.join(manifest.unused)}")
    answer(f"next: fleet retrain {model} --wait")
