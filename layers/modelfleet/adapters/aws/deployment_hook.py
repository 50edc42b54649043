"""Reporting of lifecycle hook results to CodeDeploy."""

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.pretraffic.hook import HookExecution


class DeploymentHooks:
    """Reporter of the results of functions that CodeDeploy invokes during a deployment.

    Parameters
    ----------
    client
        Client of CodeDeploy.
    """

    def __init__(self, client: AwsJsonClient) -> None:
        self._client = client

    def report(self, execution: HookExecution, *, succeeded: bool) -> None:
        """Continue or fail the deployment.

        Raises
        ------
        CallError
            If the call fails; CodeDeploy then waits for an hour.
        """
        self._client.call(
            "PutLifecycleEventHookExecutionStatus",
            {
                "deploymentId": execution.deployment,
                "lifecycleEventHookExecutionId": execution.hook,
                "status": "Succeeded" if succeeded else "Failed",
            },
        )
