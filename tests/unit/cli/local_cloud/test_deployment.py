"""The CDK's output becomes counts of resources and stacks."""

import json
from pathlib import Path

import pytest

from cli.local_cloud.deployment import Progress
from modelfleet.resource_names import StackPart

OUTPUT = """\
✨  Synthesis time: 9.5s
modelfleet-local-storage: start: Building modelfleet-local-storage Template
modelfleet-local-storage | 0/4 | 5:08:47 AM | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | x
modelfleet-local-storage | 2/4 | 5:08:47 AM | CREATE_COMPLETE    | AWS::S3::Bucket | x
modelfleet-local-drift |  1/2 | 5:08:47 AM | UPDATE_COMPLETE    | AWS::IAM::Role | x
modelfleet-local-storage | 4/4 | 5:08:47 AM | CREATE_COMPLETE    | AWS::CloudFormation::Stack | x
✅  modelfleet-local-storage
✅  modelfleet-local-batch (no changes)
✨  Deployment time: 1.2s
"""
TEMPLATES = {"storage": 3, "drift": 9, "batch": 4}


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A folder with a template of each stack, with so many resources."""
    for part, count in TEMPLATES.items():
        template = {"Resources": {f"R{number}": "" for number in range(count)}}
        (tmp_path / f"modelfleet-local-{part}.template.json").write_text(json.dumps(template))
    return tmp_path


def test_progress_counts_resources_and_stacks(templates: Path) -> None:
    """Of all stacks together: first those of the templates, then those that change."""
    told: list[str] = []
    progress = Progress(told.append, templates)
    for line in OUTPUT.splitlines(keepends=True):
        progress.read(line)
    stacks = len(StackPart)
    assert told == [
        f"0 of 19 resources, 0 of {stacks} stacks",
        f"0 of 19 resources, 0 of {stacks} stacks",
        f"2 of 19 resources, 0 of {stacks} stacks",
        f"3 of 11 resources, 0 of {stacks} stacks",
        f"5 of 11 resources, 0 of {stacks} stacks",
        f"5 of 11 resources, 1 of {stacks} stacks",
        f"5 of 6 resources, 2 of {stacks} stacks",
    ]
