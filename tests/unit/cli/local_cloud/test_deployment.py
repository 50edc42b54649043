"""The CDK's output becomes counts of resources and stacks."""

from cli.local_cloud.deployment import Progress
from modelfleet.resource_names import StackPart

OUTPUT = """\
modelfleet-local-storage: start: Building modelfleet-local-storage Template
modelfleet-local-storage | 0/4 | 5:08:47 AM | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | x
modelfleet-local-storage | 2/4 | 5:08:47 AM | CREATE_COMPLETE    | AWS::S3::Bucket | x
modelfleet-local-drift |  1/40 | 5:08:47 AM | CREATE_COMPLETE    | AWS::IAM::Role | x
✅  modelfleet-local-storage
✨  Deployment time: 1.2s
"""


def test_progress_counts_resources_and_stacks() -> None:
    """Of all stacks together, because they are deployed at the same time."""
    told: list[str] = []
    progress = Progress(told.append)
    for line in OUTPUT.splitlines(keepends=True):
        progress.read(line)
    stacks = len(StackPart)
    assert told == [
        f"0 resources, 0 of {stacks} stacks",
        f"2 resources, 0 of {stacks} stacks",
        f"3 resources, 0 of {stacks} stacks",
        f"3 resources, 1 of {stacks} stacks",
    ]
