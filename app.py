"""The CDK app, and the only place where infrastructure reads its context and environment."""

import os
import sys

import aws_cdk

from cdk.ci.stack import CiStack
from cdk.fleet import build_fleet
from cdk.settings.files import CI, deployed_by_ci, read_ci, read_stage
from cdk.settings.stage import StageError
from modelfleet.catalogue import catalogue


def main() -> None:
    """Synthesize the stage in the context, or the roles of CI."""
    app = aws_cdk.App()
    context = app.node.get_all_context()
    name = context.get("stage")
    if name == CI:
        CiStack(
            app,
            repository=read_ci(context).repository,
            stages=deployed_by_ci(),
            environment=_environment(),
        )
    else:
        build_fleet(
            app,
            stage=read_stage(name, context),
            models=catalogue(),
            environment=_environment(),
            tracking_uri=context.get("tracking_uri"),
            engine=context.get("engine"),
        )
    app.synth()


def _environment() -> aws_cdk.Environment | None:
    account = os.environ.get("CDK_DEFAULT_ACCOUNT")
    region = os.environ.get("CDK_DEFAULT_REGION")
    return aws_cdk.Environment(account=account, region=region) if account and region else None


if __name__ == "__main__":
    try:
        main()
    except StageError as error:
        sys.exit(str(error))
