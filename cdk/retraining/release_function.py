"""The release function, the only one that may move release pointers."""

from aws_cdk import aws_iam, aws_lambda, aws_s3
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.layers import build_layers
from cdk.shared.permissions import (
    allow_events,
    allow_read,
    allow_reading_metrics,
    allow_write,
    arn_of,
)
from modelfleet.release.history import EVENT_TYPE
from modelfleet.release.notice import APPROVAL_EVENT
from modelfleet.resource_names import LIVE, Resource, predict_function
from modelfleet.settings import ReleaseSettings
from modelfleet.storage import keys

_SIZE = Size(memory_mb=512, timeout_seconds=300)
# Reports are linked to in notifications; a link reads with the permissions of its signer.
_WAITING = (keys.APPROVALS, keys.APPROVAL_TOKENS)
_READ = (keys.MODELS, keys.RELEASES, keys.LOCKS, keys.HISTORY, keys.REPORTS, *_WAITING)
_WRITTEN = (keys.RELEASES, keys.LOCKS, keys.HISTORY, keys.TRAINED, *_WAITING)


class ReleaseFunction(Construct):
    """Writes pointers, locks, approvals, and history; reads bundles, captures, and outcomes."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        artifacts: aws_s3.IBucket,
        lake: aws_s3.IBucket,
    ) -> None:
        super().__init__(scope, id_)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Release",
            stage=stage,
            unit="release",
            name=stage.resource(Resource.RELEASE),
            packaging=Packaging.ZIP,
            settings=_settings(stage, artifacts, lake),
            size=_SIZE,
            layers=build_layers(self, stage=stage, requirements="release.txt"),
        ).function
        self._grant_data(artifacts, lake)
        self._grant_calls(stage)

    def _grant_data(self, artifacts: aws_s3.IBucket, lake: aws_s3.IBucket) -> None:
        for folder in _READ:
            allow_read(artifacts, self.function, f"{folder}/*")
        for folder in _WRITTEN:
            allow_write(artifacts, self.function, f"{folder}/*")
        allow_write(artifacts, self.function, f"{keys.SUMMARIES}/*/{keys.PROGRESS_FILE}")
        for folder in (keys.CAPTURES, keys.FEEDBACK):
            allow_read(lake, self.function, f"{folder}/*")

    def _grant_calls(self, stage: Stage) -> None:
        # With a name for each model, the policy would be too long for a role with 96 models.
        aliases = f"{predict_function(stage.name, '*')}:{LIVE}"
        executions = f"{stage.resource(Resource.RETRAINING)}:*"
        self._allow(["lambda:InvokeFunction"], [arn_of(self, "lambda", "function", aliases)])
        # A failed execution is resumed from the results in its history.
        self._allow(
            ["states:DescribeExecution", "states:GetExecutionHistory"],
            [arn_of(self, "states", "execution", executions)],
        )
        # A decision lets the execution that waits for it continue.
        machine = arn_of(self, "states", "stateMachine", stage.resource(Resource.RETRAINING))
        self._allow(["states:SendTaskSuccess"], [machine])
        allow_events(self.function, stage, [EVENT_TYPE, APPROVAL_EVENT])
        allow_reading_metrics(self.function)

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self.function.add_to_role_policy(
            aws_iam.PolicyStatement(actions=actions, resources=resources)
        )


def _settings(stage: Stage, artifacts: aws_s3.IBucket, lake: aws_s3.IBucket) -> ReleaseSettings:
    plan = stage.release
    return ReleaseSettings(
        stage=stage.name,
        artifacts_bucket=artifacts.bucket_name,
        lake_bucket=lake.bucket_name,
        predict_alias=LIVE,
        shares=" ".join(map(str, plan.shares)),
        wait_seconds=plan.wait_seconds,
        minimum_predictions=plan.minimum_predictions,
        waits_maximum=plan.waits_maximum,
        without_traffic=plan.without_traffic,
        approval_hours=plan.approval_hours,
        approval_reminder_hours=plan.approval_reminder_hours,
        lock_wait_seconds=plan.lock_wait_seconds,
    )
