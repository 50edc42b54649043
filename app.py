"""The CDK app, and the only place where infrastructure reads its context and environment."""

import os
import sys

import aws_cdk

from cdk.ci.stack import CiStack
from cdk.fleet import build_fleet
from cdk.monitoring.alert_topic import AlertRecipients
from cdk.settings.clients import read_clients
from cdk.settings.domain import read_domain
from cdk.settings.overrides import OVERRIDES, override
from cdk.settings.stage import StageError
from cdk.settings.stages import CI, DEPLOYED_BY_CI, find_stage
from modelfleet.catalogue import catalogue


def main() -> None:
    """Synthesize the stage in the context, or the roles of CI."""
    app = aws_cdk.App()
    context = app.node.try_get_context
    if context("stage") == CI:
        CiStack(
            app,
            repository=context("repository"),
            stages=DEPLOYED_BY_CI,
            environment=_environment(),
        )
        app.synth()
        return
    stage = override(find_stage(context("stage")), {name: context(name) for name in OVERRIDES})
    build_fleet(
        app,
        stage=stage,
        models=catalogue(),
        environment=_environment(),
        tracking_uri=context("tracking_uri"),
        engine=context("engine"),
        alerts=AlertRecipients(email=context("alert_email"), webhook=context("alert_webhook")),
        clients=read_clients(stage, context("clients")),
        domain=read_domain(
            stage, context("domain"), context("certificate_arn"), context("hosted_zone_id")
        ),
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
