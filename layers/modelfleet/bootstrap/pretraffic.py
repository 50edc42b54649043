"""Builds the pre-traffic function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec
from modelfleet.settings import PretrafficSettings

if TYPE_CHECKING:
    from modelfleet.pretraffic.hook import HookExecution


@cache
def pretraffic_settings() -> PretrafficSettings:
    """Return the settings of the running pre-traffic function."""
    return PretrafficSettings.from_environment()


def check_new_code() -> str:
    """Check the version in the settings, and return the reason why it may receive traffic."""
    from modelfleet.adapters.aws.aws_json import LAMBDA, AwsJsonClient
    from modelfleet.adapters.aws.function_version import FunctionVersion
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.pretraffic.check import try_code
    from modelfleet.resource_names import predict_function

    settings = pretraffic_settings()
    name = predict_function(settings.stage, settings.model)
    code = FunctionVersion(AwsJsonClient(LAMBDA, os.environ), name, settings.version)
    artifacts = s3_store(settings.artifacts_bucket)
    spec = model_spec(settings.model)
    return try_code(spec, code, artifacts, clock=time.monotonic, pause=time.sleep)


def report(execution: HookExecution, *, succeeded: bool) -> None:
    """Report to CodeDeploy whether the deployment may continue."""
    from modelfleet.adapters.aws.aws_json import CODEDEPLOY, AwsJsonClient
    from modelfleet.adapters.aws.deployment_hook import DeploymentHooks

    hooks = DeploymentHooks(AwsJsonClient(CODEDEPLOY, os.environ))
    hooks.report(execution, succeeded=succeeded)
