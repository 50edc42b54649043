"""Reports the result of a lifecycle hook to CodeDeploy."""

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.pretraffic.hook import HookExecution


class DeploymentHooks:
    """CodeDeploy's ear for the functions that it calls in the course of a deployment.

    Parameters
    ----------
    client
        Calls CodeDeploy.
    """

    def __init__(self, client: AwsJsonClient) -> None:
        self._client = client

    def report(self, execution: HookExecution, *, succeeded: bool) -> None:
        """Let the deployment go on, or end it.

        Raises
        ------
        CallError
            If CodeDeploy cannot be told; it waits for an hour then.
        """
        self._client.call(
            "PutLifecycleEventHookExecutionStatus",
            {
                "deploymentId": execution.deployment,
                "lifecycleEventHookExecutionId": execution.hook,
                "status": "Succeeded" if succeeded else "Failed",
            },
        )
