"""`fleet predict`: a single call of a model's API."""

import json
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import ModelArgument, StageOption
from cli.output.console import answer_json
from cli.output.errors import FleetError
from modelfleet.catalogue import find


def predict(
    model: ModelArgument,
    body: Annotated[
        str | None,
        typer.Option("--json", help="Features as a JSON object. Default: the schema's example."),
    ] = None,
    stage: StageOption = Stage.LOCAL,
) -> None:
    """Request a prediction from a model and print the response.

    Example: fleet predict telecom --json '{"calls": 4, "minutes": 31, "messages": 8, "mb_used": 9}'
    """
    features = find(model).features
    content = body if body is not None else json.dumps(features.example())
    with Cloud.connect(stage).http() as http:
        response = http.post(
            f"/{model}/predict", content=content, headers={"content-type": "application/json"}
        )
    if not response.is_success:
        raise FleetError(f"{response.status_code}: {response.text}")
    answer_json(response.json())
