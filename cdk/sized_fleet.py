"""Makes the templates of a stage with any number of models, to look at and never to deploy."""

import argparse
import json
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import aws_cdk

from cdk.fleet import build_fleet
from cdk.stages import find_stage
from modelfleet.catalogue import catalogue
from modelfleet.domain.spec import ModelSpec

_CDK_FILE = Path(__file__).resolve().parents[1] / "cdk.json"


def sized(models: Mapping[str, ModelSpec], number: int) -> dict[str, ModelSpec]:
    """Take so many models: the first of the fleet, and from its last on the same anew."""
    again = islice(cycle(models.values()), number)
    named = [
        spec if round_ == 0 else spec.model_copy(update={"name": f"{spec.name}{round_ + 1}"})
        for round_, spec in ((position // len(models), spec) for position, spec in enumerate(again))
    ]
    return {spec.name: spec for spec in named}


def main() -> None:
    """Write the templates of a stage with so many models into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("models", type=int)
    parser.add_argument("folder")
    given = parser.parse_args()
    context = json.loads(_CDK_FILE.read_text())["context"]
    app = aws_cdk.App(outdir=given.folder, context=context, analytics_reporting=False)
    build_fleet(app, stage=find_stage(given.stage), models=sized(catalogue(), given.models))
    app.synth()


if __name__ == "__main__":
    main()
