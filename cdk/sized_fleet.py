"""Synthesizes a stage with any number of models, to count and price what it has.

Not to deploy it: stacks may have more resources than CloudFormation accepts.
"""

import argparse
import json
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import aws_cdk

from cdk.fleet import build_fleet
from cdk.settings.files import read_stage
from cdk.settings.stage import Stage
from modelfleet.catalogue import catalogue
from modelfleet.spec.model import ModelSpec

_CDK_FILE = Path(__file__).resolve().parents[1] / "cdk.json"
# The CDK would refuse stacks that CloudFormation does not accept; zero is no limit.
_ANY_SIZE = {"@aws-cdk/core:stackResourceLimit": 0}


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


def write_templates(stage: Stage, models: Mapping[str, ModelSpec], folder: Path) -> None:
    """Write the templates of a stage with these models, without validating them."""
    context = json.loads(_CDK_FILE.read_text())["context"] | _ANY_SIZE
    app = aws_cdk.App(
        outdir=str(folder),
        context=context,
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
    )
    build_fleet(app, stage=stage, models=models)
    app.synth()


def main() -> None:
    """Write the templates of a stage with this many models into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("models", type=int)
    parser.add_argument("folder")
    arguments = parser.parse_args()
    models = sized(catalogue(), arguments.models)
    write_templates(read_stage(arguments.stage), models, Path(arguments.folder))


if __name__ == "__main__":
    main()
