"""The retraining machine's tasks: how each is called, tried again, and reported when it fails."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, aws_lambda, aws_sns, aws_stepfunctions, aws_stepfunctions_tasks
from constructs import Construct

from cdk.constructs import transient_errors
from cdk.stage import Stage
from modelfleet.domain.messages import Step

_TIMEOUT_SECONDS: Mapping[Step, int] = {
    Step.PREPARE: 900,
    Step.TRAIN: 900,
    Step.EVALUATE: 600,
    Step.REGISTER: 300,
    Step.RELEASE: 60,
    Step.RECORD: 300,
}
_NOTIFY_TIMEOUT_SECONDS = 30
_MAXIMUM_DELAY_SECONDS = 120
# A function's error is a document of which people want the message; other causes are plain text.
_CAUSE = (
    "$contains($states.errorOutput.Cause, 'errorMessage') "
    "? $parse($states.errorOutput.Cause).errorMessage : $states.errorOutput.Cause"
)
_FAILURE = {
    "model": "{% $states.input.model %}",
    "force": "{% $states.input.force %}",
    "execution": "{% $states.context.Execution.Id %}",
    "step": "{% $states.context.State.Name %}",
    "error": "{% $states.errorOutput.Error %}",
    "cause": f"{{% {_CAUSE} %}}",
}


class RetrainingSteps:
    """Makes the tasks; all failures end in the same report."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        train: aws_lambda.IFunction,
        release: aws_lambda.IFunction,
        notifications: aws_sns.ITopic,
    ) -> None:
        self._scope = scope
        self._stage = stage
        self._train = train
        self._release = release
        self._notifications = notifications
        self._report = self._build_report()

    def task(self, step: Step) -> aws_stepfunctions_tasks.LambdaInvoke:
        """The task of a step: its result is added to the machine's data."""
        task = aws_stepfunctions_tasks.LambdaInvoke.jsonata(
            self._scope,
            step.title(),
            lambda_function=self._release if step is Step.RELEASE else self._train,
            payload=aws_stepfunctions.TaskInput.from_object(
                {"step": step, "state": "{% $states.input %}"}
            ),
            outputs=f'{{% $merge([$states.input, {{"{step.result}": $states.result.Payload}}]) %}}',
            retry_on_service_exceptions=False,
            task_timeout=_timeout(_TIMEOUT_SECONDS[step]),
        )
        task.add_retry(
            errors=[*transient_errors.LAMBDA_ERRORS, *transient_errors.CONNECTION_ERRORS],
            **_back_off(attempts=4, interval_seconds=5),
        )
        task.add_retry(
            errors=list(transient_errors.TIMEOUTS), **_back_off(attempts=1, interval_seconds=10)
        )
        self._catch(task)
        return task

    def announcement(self) -> aws_stepfunctions_tasks.SnsPublish:
        """Say that a version was released."""
        text = (
            "{% $states.input.model & ' ' & $states.input.released.champion & "
            "' serves (' & $states.input.trigger & '): ' & "
            "$join($states.input.evaluated.verdict.reasons, '; ') %}"
        )
        task = self._publication("Notify", f"{self._stage.name}: released", text)
        self._catch(task)
        return task

    def _catch(self, task: aws_stepfunctions.TaskStateBase) -> None:
        task.add_catch(self._report, errors=["States.ALL"], outputs=_FAILURE)

    def _build_report(self) -> aws_stepfunctions_tasks.SnsPublish:
        report = self._publication(
            "ReportFailure", f"{self._stage.name}: retraining failed", self._failure_text()
        )
        failed = aws_stepfunctions.Fail.jsonata(
            self._scope,
            "Failed",
            error="{% $states.input.error %}",
            cause="{% $states.input.cause %}",
        )
        # Whatever becomes of the report, the execution ends with the error that it is about.
        report.add_catch(failed, errors=["States.ALL"], outputs="{% $states.input %}")
        report.next(failed)
        return report

    def _failure_text(self) -> str:
        resume = f"'fleet retrain ' & $model & $force & ' --wait --stage {self._stage.name}'"
        return (
            "{% ($model := $states.input.model; "
            "$force := $states.input.force ? ' --force' : ''; "
            "'Retraining ' & $model & ' failed in ' & $states.input.step & '. ' & "
            "$states.input.error & ': ' & $states.input.cause & "
            f"'. Execution: ' & $states.input.execution & '. To run it again: ' & {resume}) %}}"
        )

    def _publication(
        self, name: str, subject: str, text: str
    ) -> aws_stepfunctions_tasks.SnsPublish:
        task = aws_stepfunctions_tasks.SnsPublish.jsonata(
            self._scope,
            name,
            topic=self._notifications,
            subject=subject,
            message=aws_stepfunctions.TaskInput.from_text(text),
            outputs="{% $states.input %}",
            task_timeout=_timeout(_NOTIFY_TIMEOUT_SECONDS),
        )
        task.add_retry(
            errors=[*transient_errors.SNS_ERRORS, *transient_errors.TIMEOUTS],
            **_back_off(attempts=3, interval_seconds=2),
        )
        return task


def _timeout(seconds: int) -> aws_stepfunctions.Timeout:
    return aws_stepfunctions.Timeout.duration(Duration.seconds(seconds))


def _back_off(*, attempts: int, interval_seconds: int) -> dict[str, Any]:
    return {
        "max_attempts": attempts,
        "interval": Duration.seconds(interval_seconds),
        "max_delay": Duration.seconds(_MAXIMUM_DELAY_SECONDS),
        "backoff_rate": 2.0,
        "jitter_strategy": aws_stepfunctions.JitterType.FULL,
    }
