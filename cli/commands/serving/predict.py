"""`fleet predict`: a single call of a model's API."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer_json
from cli.output.problems import require_success
from modelfleet.catalogue import find


def predict(
    model: ModelArgument,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="JSON or @FILE",
            help="Features as a JSON object, or @ and its file; @- reads standard input. "
            "Default: the schema's example.",
        ),
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Request a prediction from a model and print the response.

    Example: fleet predict telecom --data '{"calls": 4, "minutes": 31, "messages": 8, "mb_used": 9}'
    """
    del as_json  # the response is JSON in any case
    features = find(model).features
    content = _body(data) if data is not None else json.dumps(features.example())
    with Cloud.connect(stage).http() as http:
        response = http.post(
            f"/{model}/predict", content=content, headers={"content-type": "application/json"}
        )
    answer_json(require_success(response).json())


def _body(data: str) -> str | bytes:
    if not data.startswith("@"):
        return data
    return sys.stdin.read() if data == "@-" else Path(data[1:]).read_bytes()
