"""The CDK app: the one place where infrastructure reads its context and environment."""

import os
import sys

import aws_cdk

from cdk.constructs.alert_topic import AlertRecipients
from cdk.deployment_settings import SETTINGS, adjusted
from cdk.domain import read_domain
from cdk.fleet import build_fleet
from cdk.stage import StageError
from cdk.stages import find_stage
from modelfleet.catalogue import catalogue


def main() -> None:
    """Synthesise the stage that the context names."""
    app = aws_cdk.App()
    said = {name: app.node.try_get_context(name) for name in SETTINGS}
    stage = adjusted(find_stage(app.node.try_get_context("stage")), said)
    build_fleet(
        app,
        stage=stage,
        models=catalogue(),
        environment=_environment(),
        tracking_uri=app.node.try_get_context("tracking_uri"),
        alerts=AlertRecipients(
            email=app.node.try_get_context("alert_email"),
            webhook=app.node.try_get_context("alert_webhook"),
        ),
        clients=app.node.try_get_context("clients"),
        budget=app.node.try_get_context("budget_usd"),
        domain=read_domain(
            stage,
            app.node.try_get_context("domain"),
            app.node.try_get_context("certificate_arn"),
            app.node.try_get_context("hosted_zone_id"),
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
