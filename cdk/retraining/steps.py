"""The retraining machine's tasks: how each is called, tried again, and reported when it fails."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import Duration, aws_lambda, aws_sns, aws_stepfunctions, aws_stepfunctions_tasks
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared import retries as transient_errors
from modelfleet.domain.messages import Step
from modelfleet.domain.release_requests import VALIDATE_REQUEST

_TIMEOUT_SECONDS: Mapping[Step, int] = {
    Step.LOCK: 60,
    Step.PREPARE: 900,
    Step.TRAIN: 900,
    Step.EVALUATE: 600,
    Step.REGISTER: 300,
    Step.SMOKE: 300,
    Step.WIDEN: 60,
    Step.JUDGE: 300,
    Step.RELEASE: 60,
    Step.RECORD: 300,
    Step.CLOSE: 60,
    Step.CLEAN_UP: 60,
}
_BY_TRAIN = frozenset({Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER, Step.RECORD})
_VALIDATION_TIMEOUT_SECONDS = 60
_NOTIFY_TIMEOUT_SECONDS = 30
_MAXIMUM_DELAY_SECONDS = 120
# A function's error is a document of which people want the message; other causes are plain text.
_CAUSE = (
    "$contains($states.errorOutput.Cause, 'errorMessage') "
    "? $parse($states.errorOutput.Cause).errorMessage : $states.errorOutput.Cause"
)
_FAILURE = f"""{{% $merge([$states.input, {{"failure": {{
"step": $states.context.State.Name,
"error": $states.errorOutput.Error,
"cause": {_CAUSE}
}}}}]) %}}"""


# The machine's data begins with what was validated, and holds nothing else of the input.
_VALIDATED = (
    "{% $merge([$states.result.Payload, "
    '{"execution": $states.context.Execution.Name, '
    '"execution_arn": $states.context.Execution.Id}]) %}'
)
_REFUSED = f"""{{% {{"execution_arn": $states.context.Execution.Id, "failure": {{
"error": $states.errorOutput.Error,
"cause": {_CAUSE}
}}}} %}}"""


class RetrainingSteps:
    """Makes the tasks; all failures are cleaned up after, and end in the same report."""

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
        self._failed = aws_stepfunctions.Fail.jsonata(
            scope,
            "Failed",
            error="{% $states.input.failure.error %}",
            cause="{% $states.input.failure.cause %}",
        )
        self._report = self._build_report("ReportFailure", "retraining failed", self._failure_text)
        self.clean_up = self._build_clean_up()

    def task(self, step: Step) -> aws_stepfunctions_tasks.LambdaInvoke:
        """The task of a step: its result is added to the machine's data."""
        task = self._invocation(step)
        task.add_catch(self.clean_up, errors=["States.ALL"], outputs=_FAILURE)
        return task

    def validation(self) -> aws_stepfunctions_tasks.LambdaInvoke:
        """The first task: an input that is no request of its trigger's ends the execution."""
        task = self._call(
            "ValidateRequest",
            self._release,
            payload={"action": VALIDATE_REQUEST, "request": "{% $states.input %}"},
            outputs=_VALIDATED,
            seconds=_VALIDATION_TIMEOUT_SECONDS,
        )
        refusal = self._build_report(
            "ReportRefusal", "retraining request refused", self._refusal_text
        )
        # Nothing is locked yet, so that there is nothing to clean up.
        task.add_catch(refusal, errors=["States.ALL"], outputs=_REFUSED)
        return task

    def _invocation(
        self, step: Step, name: str | None = None
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        return self._call(
            name or state_name(step),
            self._train if step in _BY_TRAIN else self._release,
            payload={"step": step, "state": "{% $states.input %}"},
            outputs=f'{{% $merge([$states.input, {{"{step.result}": $states.result.Payload}}]) %}}',
            seconds=_TIMEOUT_SECONDS[step],
        )

    def _call(
        self,
        name: str,
        function: aws_lambda.IFunction,
        *,
        payload: Mapping[str, str],
        outputs: str,
        seconds: int,
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        task = aws_stepfunctions_tasks.LambdaInvoke.jsonata(
            self._scope,
            name,
            lambda_function=function,
            payload=aws_stepfunctions.TaskInput.from_object(dict(payload)),
            outputs=outputs,
            retry_on_service_exceptions=False,
            task_timeout=_timeout(seconds),
        )
        task.add_retry(
            errors=[*transient_errors.LAMBDA_ERRORS, *transient_errors.CONNECTION_ERRORS],
            **_back_off(attempts=4, interval_seconds=5),
        )
        task.add_retry(
            errors=list(transient_errors.TIMEOUTS), **_back_off(attempts=1, interval_seconds=10)
        )
        return task

    def announcement(self) -> aws_stepfunctions_tasks.SnsPublish:
        """Say that a version was released."""
        text = (
            "{% $states.input.model & ' ' & $states.input.released.champion & "
            "' serves (' & $states.input.trigger & '): ' & "
            "$join($append($states.input.evaluated.verdict.reasons, "
            "$states.input.rollout.reasons), '; ') %}"
        )
        task = self._publication("Notify", f"{self._stage.name}: released", text)
        # The release stands by now; that nobody was told is all there is to report.
        task.add_catch(self._report, errors=["States.ALL"], outputs=_FAILURE)
        return task

    def _build_clean_up(self) -> aws_stepfunctions_tasks.LambdaInvoke:
        task = self._invocation(Step.CLEAN_UP)
        # What failed first is what is reported: the lock of an execution that has ended is taken
        # over by the next one, which then cleans up for it.
        task.add_catch(self._report, errors=["States.ALL"], outputs="{% $states.input %}")
        moved = aws_stepfunctions.Choice.jsonata(self._scope, "IsTakenBack")
        taken_back = "{% $states.input.closed.taken_back != null %}"
        moved.when(aws_stepfunctions.Condition.jsonata(taken_back), self._build_recovery())
        task.next(moved.otherwise(self._report))
        return task

    def _build_recovery(self) -> aws_stepfunctions_tasks.LambdaInvoke:
        """Let the registry's aliases follow what was taken back."""
        task = self._invocation(Step.RECORD, "RecordRollback")
        # What cannot be recorded now, the next execution catches up; the first failure is reported.
        task.add_catch(self._report, errors=["States.ALL"], outputs="{% $states.input %}")
        task.next(self._report)
        return task

    def _build_report(
        self, name: str, subject: str, text: Callable[[], str]
    ) -> aws_stepfunctions_tasks.SnsPublish:
        report = self._publication(name, f"{self._stage.name}: {subject}", text())
        # Whatever becomes of the report, the execution ends with the error that it is about.
        report.add_catch(self._failed, errors=["States.ALL"], outputs="{% $states.input %}")
        report.next(self._failed)
        return report

    def _refusal_text(self) -> str:
        return (
            "{% $states.input.failure.error & ': ' & $states.input.failure.cause & "
            "'. Nothing was trained or released. Execution: ' & $states.input.execution_arn %}"
        )

    def _failure_text(self) -> str:
        """Say what failed and how to go on: a version that is registered is not trained again."""
        stage = self._stage.name
        return (
            "{% ($s := $states.input; "
            "$force := $s.force ? ' --force' : ''; "
            "$tune := $s.tune > 0 ? ' --tune ' & $s.tune : ''; "
            "$resume := $s.registered "
            "? 'fleet release start ' & $s.model & ' ' & $s.registered.version "
            ": 'fleet retrain ' & $s.model & $force & $tune; "
            "$back := $s.closed.taken_back "
            "? ' Version ' & $s.closed.taken_back & ' was taken back.' : ''; "
            "'Retraining ' & $s.model & ' failed in ' & $s.failure.step & '. ' & "
            "$s.failure.error & ': ' & $s.failure.cause & '.' & $back & "
            "' Execution: ' & $s.execution_arn & "
            f"'. To run it again: ' & $resume & ' --wait --stage {stage}') %}}"
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


def state_name(step: Step) -> str:
    """The name of a step's state."""
    return "".join(part.title() for part in step.split("_"))
