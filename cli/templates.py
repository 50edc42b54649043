"""The templates that the CDK app synthesizes for a stage."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.local_cloud.layout import REPOSITORY
from cli.output.errors import FleetError
from modelfleet.resource_names import StackPart, resource_name, stack_name

FUNCTION = "AWS::Lambda::Function"
_MB_PER_GB = 1024
_LOG_LINES = 15


@dataclass(frozen=True)
class Deployed:
    """The templates of a stage for a number of models, by stack."""

    stage: str
    models: int
    templates: Mapping[StackPart, Mapping[str, Any]]

    def of(self, kind: str, *parts: StackPart) -> list[dict[str, Any]]:
        """The properties of all resources of a type, in the given stacks or in all."""
        return [
            resource.get("Properties", {})
            for part in parts or self.templates
            for resource in self.templates[part]["Resources"].values()
            if resource["Type"] == kind
        ]

    def functions(self, part: StackPart, unit: str) -> list[dict[str, Any]]:
        """The functions whose name starts with this unit."""
        start = resource_name(self.stage, unit)
        return [f for f in self.of(FUNCTION, part) if f.get("FunctionName", "").startswith(start)]

    def schedules(self, part: StackPart) -> list[str]:
        """The schedule expressions of a stack."""
        found = self.of("AWS::Scheduler::Schedule", part)
        return [each["ScheduleExpression"] for each in found]


def gigabytes(function: Mapping[str, Any]) -> float:
    """A function's memory in GB."""
    return float(function["MemorySize"]) / _MB_PER_GB


def synthesize(stage: str, models: int) -> Deployed:
    """Synthesize a stage's templates for a number of models, without deploying anything.

    Raises
    ------
    FleetError
        If the CDK app fails; the text contains the end of its output.
    """
    with tempfile.TemporaryDirectory() as folder:
        _run(stage, models, Path(folder))
        templates = {
            part: json.loads(
                (Path(folder) / f"{stack_name(stage, part)}.template.json").read_text()
            )
            for part in StackPart
        }
    return Deployed(stage, models, templates)


def _run(stage: str, models: int, folder: Path) -> None:
    command = [sys.executable, "-m", "cdk.sized_fleet", stage, str(models), str(folder)]
    # The CDK starts Node.js, which is in the virtual environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        output = "\n".join(done.stderr.splitlines()[-_LOG_LINES:])
        raise FleetError(f"the templates of stage {stage} cannot be synthesized:\n{output}")
