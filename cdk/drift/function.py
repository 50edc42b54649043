"""The drift function of one model."""

from aws_cdk import aws_lambda, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.permissions import (
    allow_events,
    allow_metrics,
    allow_read,
    allow_reading_metrics,
    allow_write,
)
from cdk.shared.schedule import DeadLetterQueue
from modelfleet.resource_names import drift_function
from modelfleet.retraining.decision_event import DecisionKind
from modelfleet.settings import DriftSettings, drift_namespace
from modelfleet.storage import keys

_SIZE = Size(memory_mb=2048, timeout_seconds=600)


class DriftFunction(Construct):
    """Reads one model's data, captures, outcomes, and bundles; writes what its runs find.

    Lambda retries asynchronous invocations, such as those of the schedule, twice; events that still
    fail go to the queue `failed`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        model: str,
        lake: aws_s3.IBucket,
        artifacts: aws_s3.IBucket,
        failed: DeadLetterQueue,
    ) -> None:
        super().__init__(scope, id_)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Drift",
            stage=stage,
            unit="drift",
            name=drift_function(stage.name, model),
            packaging=stage.packaging,
            settings=DriftSettings(
                stage=stage.name,
                model=model,
                lake_bucket=lake.bucket_name,
                artifacts_bucket=artifacts.bucket_name,
            ),
            size=_SIZE,
            undelivered=failed,
        ).function
        self._grant(stage, model, lake, artifacts)

    def _grant(
        self, stage: Stage, model: str, lake: aws_s3.IBucket, artifacts: aws_s3.IBucket
    ) -> None:
        for pattern in (
            keys.captures_pattern(model),
            keys.all_feedback(model),
            f"{keys.DATASETS}/{model}/*",
        ):
            allow_read(lake, self.function, pattern)
        for pattern in (keys.release_pointer(model), f"{keys.MODELS}/{model}/*"):
            allow_read(artifacts, self.function, pattern)
        written = (f"{keys.reports(model)}/*", f"{keys.summaries(model)}/*")
        for pattern in (*written, keys.drift_state(model)):
            allow_read(artifacts, self.function, pattern)
            allow_write(artifacts, self.function, pattern)
        allow_metrics(self.function, drift_namespace(stage.name))
        allow_reading_metrics(self.function)
        allow_events(self.function, stage, tuple(DecisionKind))
