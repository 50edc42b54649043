"""The base of all stacks of a stage: their names, outputs and tags."""

import aws_cdk
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.resource_names import PROJECT, Output, StackPart, stack_name


class FleetStack(aws_cdk.Stack):
    """A stack named after its stage and part."""

    def __init__(
        self,
        scope: Construct,
        part: StackPart,
        *,
        stage: Stage,
        environment: aws_cdk.Environment | None,
    ) -> None:
        super().__init__(
            scope,
            stack_name(stage.name, part),
            env=environment,
            description=f"modelfleet {stage.name}: {part}",
            termination_protection=stage.is_protected(part),
        )
        aws_cdk.Tags.of(self).add("project", PROJECT)
        aws_cdk.Tags.of(self).add("stage", stage.name)
        if stage.retain_data and not stage.is_protected(part):
            aws_cdk.Annotations.of(self).add_info(
                f"{self.stack_name} is deployed without termination protection; once it is up,"
                " `make deploy` turns it on (-c protected=all)"
            )

    def add_output(self, output: Output, value: str) -> None:
        """Publish a value for commands and people."""
        aws_cdk.CfnOutput(self, output, value=value)
