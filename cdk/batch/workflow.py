"""The batch state machine: split the input, score its parts, merge the results."""

from typing import Any

from aws_cdk import (
    Duration,
    RemovalPolicy,
    aws_lambda,
    aws_stepfunctions,
    aws_stepfunctions_tasks,
)
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.logs import machine_logs
from cdk.shared.transient_errors import (
    CONNECTION_ERRORS,
    LAMBDA_ERRORS,
    TIMEOUTS,
    retry,
    retry_until_ready,
)
from modelfleet.batch.job import BatchRequest, BatchStep
from modelfleet.resource_names import Resource

_CONCURRENT_PARTS = 10
_STEP_SECONDS = 900
_PART_SECONDS = 300
_EXECUTION_HOURS = 12
_RETRY_INTERVAL_SECONDS = 5
_MAXIMUM_DELAY_SECONDS = 60


class BatchWorkflow(Construct):
    """Split, a distributed Map over the parts, merge.

    If a part fails, the others continue: merge reports what is missing, and the next execution of
    the same job scores only that. In JSONPath, because the local engine's distributed Map supports
    no other language.
    """

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, function: aws_lambda.IFunction
    ) -> None:
        super().__init__(scope, id_)
        self._function = function
        name = stage.resource(Resource.BATCH)
        self.machine = aws_stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=aws_stepfunctions.DefinitionBody.from_chainable(
                self._build_definition()
            ),
            timeout=Duration.hours(_EXECUTION_HOURS),
            tracing_enabled=stage.tracing,
            logs=machine_logs(self, "Logs", stage=stage, name=name),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _build_definition(self) -> aws_stepfunctions.IChainable:
        split = self._build_task(
            BatchStep.SPLIT,
            seconds=_STEP_SECONDS,
            result_selector={"parts.$": "$.Payload.parts"},
            result_path="$.plan",
        )
        merge = self._build_task(BatchStep.MERGE, seconds=_STEP_SECONDS, output_path="$.Payload")
        return split.next(self._build_parts()).next(merge)

    def _build_parts(self) -> aws_stepfunctions.DistributedMap:
        parts = aws_stepfunctions.DistributedMap(
            self,
            "Parts",
            # Only numbers: the size of a state's input is limited, and there may be many parts.
            items_path="$.plan.parts",
            item_selector={**_request(), "part.$": "$$.Map.Item.Value"},
            max_concurrency=_CONCURRENT_PARTS,
            tolerated_failure_percentage=100,
            result_path=aws_stepfunctions.JsonPath.DISCARD,
        )
        # Only the part's number is returned, as the results of all parts form one document.
        score = self._build_task(
            BatchStep.SCORE,
            seconds=_PART_SECONDS,
            payload={"part.$": "$.part"},
            output_path="$.Payload.part",
        )
        parts.item_processor(score)
        return parts

    def _build_task(
        self,
        step: BatchStep,
        *,
        seconds: int,
        payload: dict[str, str] | None = None,
        **results: Any,
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        task = aws_stepfunctions_tasks.LambdaInvoke(
            self,
            step.title(),
            lambda_function=self._function,
            payload=aws_stepfunctions.TaskInput.from_object(
                {"step": step, "request": _request(), **(payload or {})}
            ),
            retry_on_service_exceptions=False,
            task_timeout=aws_stepfunctions.Timeout.duration(Duration.seconds(seconds)),
            **results,
        )
        _retry(task, *LAMBDA_ERRORS, *CONNECTION_ERRORS, attempts=4)
        _retry(task, *TIMEOUTS, attempts=1)
        retry_until_ready(task)
        return task


def _request() -> dict[str, str]:
    """Return the fields of the execution's input."""
    return {f"{name}.$": f"$.{name}" for name in BatchRequest.model_fields}


def _retry(task: aws_stepfunctions.TaskStateBase, *errors: str, attempts: int) -> None:
    retry(
        task,
        *errors,
        attempts=attempts,
        interval_seconds=_RETRY_INTERVAL_SECONDS,
        maximum_delay_seconds=_MAXIMUM_DELAY_SECONDS,
    )
