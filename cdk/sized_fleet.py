"""Synthesizes a stage with any number of models, to estimate its costs and not to deploy it."""

import argparse
import json
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import aws_cdk

from cdk.fleet import build_fleet
from cdk.settings.files import read_stage
from modelfleet.catalogue import catalogue
from modelfleet.spec.model import ModelSpec

_CDK_FILE = Path(__file__).resolve().parents[1] / "cdk.json"


def sized(models: Mapping[str, ModelSpec], number: int) -> dict[str, ModelSpec]:
    """Return the first models of the fleet, with renamed copies if it has fewer."""
    specs = islice(cycle(models.values()), number)
    named = [
        spec
        if position < len(models)
        else spec.model_copy(update={"name": f"{spec.name}{position // len(models) + 1}"})
        for position, spec in enumerate(specs)
    ]
    return {spec.name: spec for spec in named}


def main() -> None:
    """Write the templates of a stage with this many models into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("models", type=int)
    parser.add_argument("folder")
    arguments = parser.parse_args()
    context = json.loads(_CDK_FILE.read_text())["context"]
    app = aws_cdk.App(outdir=arguments.folder, context=context, analytics_reporting=False)
    models = sized(catalogue(), arguments.models)
    build_fleet(app, stage=read_stage(arguments.stage), models=models)
    app.synth()


if __name__ == "__main__":
    main()
