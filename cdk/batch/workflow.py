"""The bulk scoring state machine: cut the input, score its parts, put them together."""

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
from cdk.shared import retries as transient_errors
from cdk.shared.logs import machine_logs
from modelfleet.domain.batch import BatchRequest, BatchStep

_PARTS_AT_ONCE = 10
_STEP_SECONDS = 900
_PART_SECONDS = 300
_EXECUTION_HOURS = 12
_MAXIMUM_DELAY_SECONDS = 60
_REQUEST = {name: f"$.{name}" for name in BatchRequest.model_fields}


class BatchWorkflow(Construct):
    """split, score in a distributed Map over the parts, merge.

    A part that fails lets the others go on: merge says what is missing, and the next execution of
    the same job scores nothing else. In JSONPath, because the local engine's distributed Map reads
    no other language.
    """

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, function: aws_lambda.IFunction
    ) -> None:
        super().__init__(scope, id_)
        self._function = function
        self.machine = aws_stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=stage.resource("batch"),
            definition_body=aws_stepfunctions.DefinitionBody.from_chainable(self._definition()),
            timeout=Duration.hours(_EXECUTION_HOURS),
            tracing_enabled=stage.tracing,
            logs=machine_logs(self, "Logs", stage=stage, name=stage.resource("batch")),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _definition(self) -> aws_stepfunctions.IChainable:
        split = self._task(
            BatchStep.SPLIT,
            seconds=_STEP_SECONDS,
            result_selector={"parts.$": "$.Payload.parts"},
            result_path="$.plan",
        )
        merge = self._task(BatchStep.MERGE, seconds=_STEP_SECONDS, output_path="$.Payload")
        return split.next(self._parts()).next(merge)

    def _parts(self) -> aws_stepfunctions.DistributedMap:
        parts = aws_stepfunctions.DistributedMap(
            self,
            "Parts",
            # Numbers alone: the state's input is bounded, and there may be many parts.
            items_path="$.plan.parts",
            item_selector={
                **_paths(_REQUEST),
                "part.$": "$$.Map.Item.Value",
            },
            max_concurrency=_PARTS_AT_ONCE,
            tolerated_failure_percentage=100,
            result_path=aws_stepfunctions.JsonPath.DISCARD,
        )
        # The part's number is all that is answered, as the answers of all parts are one document.
        score = self._task(
            BatchStep.SCORE,
            seconds=_PART_SECONDS,
            more={"part.$": "$.part"},
            output_path="$.Payload.part",
        )
        parts.item_processor(score)
        return parts

    def _task(
        self,
        step: BatchStep,
        *,
        seconds: int,
        more: dict[str, str] | None = None,
        **answer: Any,
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        payload = {"step": step, "request": _paths(_REQUEST), **(more or {})}
        task = aws_stepfunctions_tasks.LambdaInvoke(
            self,
            step.title(),
            lambda_function=self._function,
            payload=aws_stepfunctions.TaskInput.from_object(payload),
            retry_on_service_exceptions=False,
            task_timeout=aws_stepfunctions.Timeout.duration(Duration.seconds(seconds)),
            **answer,
        )
        task.add_retry(
            errors=[*transient_errors.LAMBDA_ERRORS, *transient_errors.CONNECTION_ERRORS],
            max_attempts=4,
            **_back_off(),
        )
        task.add_retry(errors=list(transient_errors.TIMEOUTS), max_attempts=1, **_back_off())
        return task


def _paths(fields: dict[str, str]) -> dict[str, str]:
    return {f"{name}.$": path for name, path in fields.items()}


def _back_off() -> dict[str, Any]:
    return {
        "interval": Duration.seconds(5),
        "max_delay": Duration.seconds(_MAXIMUM_DELAY_SECONDS),
        "backoff_rate": 2.0,
        "jitter_strategy": aws_stepfunctions.JitterType.FULL,
    }
