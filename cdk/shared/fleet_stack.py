"""What all stacks of a stage share: their names, and how they say what they made."""

import aws_cdk
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.domain.deployment import Output, StackPart, stack_name


class FleetStack(aws_cdk.Stack):
    """A stack named by its stage and part."""

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
        if stage.retain_data and not stage.is_protected(part):
            aws_cdk.Annotations.of(self).add_info(
                f"{self.stack_name} is deployed without termination protection, as it must be the"
                " first time; `make deploy` protects it once it is up (-c protected=all)"
            )

    def say(self, output: Output, value: str) -> None:
        """Hand a name on to people and to the command `fleet`."""
        aws_cdk.CfnOutput(self, output, value=value)
