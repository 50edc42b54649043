"""Tasks of the retraining state machine: calls, timeouts, retries, and failure handling."""

from collections.abc import Mapping

from aws_cdk import Duration, aws_lambda, aws_sns, aws_stepfunctions, aws_stepfunctions_tasks
from constructs import Construct

from cdk.retraining import expressions
from cdk.settings.stage import Stage
from cdk.shared.transient_errors import (
    CONNECTION_ERRORS,
    LAMBDA_ERRORS,
    SNS_ERRORS,
    TIMEOUTS,
    retry,
    retry_until_ready,
)
from modelfleet.release.requests import VALIDATE_REQUEST
from modelfleet.retraining.state import Step

_TIMEOUT_SECONDS: Mapping[Step, int] = {
    Step.LOCK: 60,
    Step.PREPARE: 900,
    Step.TRAIN: 900,
    Step.EVALUATE: 600,
    Step.REGISTER: 300,
    Step.SMOKE_TEST: 300,
    Step.SHIFT_TRAFFIC: 60,
    Step.CHECK_TRIAL: 300,
    Step.PROMOTE: 60,
    Step.RECORD: 300,
    Step.FINISH: 60,
    Step.CLEAN_UP: 60,
}
_BY_TRAIN = frozenset({Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER, Step.RECORD})
_VALIDATION_TIMEOUT_SECONDS = 60
_NOTIFY_TIMEOUT_SECONDS = 30
_MAXIMUM_DELAY_SECONDS = 120

_HOUR_SECONDS = 3600
_RESPONSE = aws_stepfunctions.IntegrationPattern.REQUEST_RESPONSE

_ANY_ERROR = ["States.ALL"]


class RetrainingSteps:
    """Builds the tasks. Any failure leads to cleanup, a report, and the state `Failed`."""

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
        self._report = self._build_report(
            "ReportFailure", "retraining failed", expressions.failure_report(stage.name)
        )
        self.clean_up = self._build_clean_up()

    def task(self, step: Step) -> aws_stepfunctions_tasks.LambdaInvoke:
        """Build the task of a step, which adds its result to the state machine's data."""
        task = self._build_step(step)
        task.add_catch(self.clean_up, errors=_ANY_ERROR, outputs=expressions.FAILURE)
        return task

    def validation(self) -> aws_stepfunctions_tasks.LambdaInvoke:
        """Build the first task, which ends the execution if its input is not a valid request."""
        task = self._build_call(
            "ValidateRequest",
            self._release,
            payload={
                "action": VALIDATE_REQUEST,
                "request": "{% $states.input %}",
                "execution_arn": "{% $states.context.Execution.Id %}",
            },
            outputs=expressions.VALIDATED,
            seconds=_VALIDATION_TIMEOUT_SECONDS,
        )
        report = self._build_report(
            "ReportRefusal", "retraining request refused", expressions.REFUSAL_REPORT
        )
        # Nothing is locked yet, so there is nothing to clean up.
        task.add_catch(report, errors=_ANY_ERROR, outputs=expressions.REFUSED)
        return task

    def approval(
        self, expired: aws_stepfunctions.IChainable
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        """Build the task that waits for a person; without a decision, it leads to `expired`."""
        task = self._build_call(
            state_name(Step.APPROVAL),
            self._release,
            payload={
                "step": Step.APPROVAL,
                "state": "{% $states.input %}",
                "token": "{% $states.context.Task.Token %}",
            },
            outputs=expressions.APPROVED,
            seconds=self._stage.release.approval_hours * _HOUR_SECONDS,
            pattern=aws_stepfunctions.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
        )
        task.add_catch(expired, errors=["States.Timeout"], outputs=expressions.EXPIRED)
        task.add_catch(self.clean_up, errors=_ANY_ERROR, outputs=expressions.FAILURE)
        return task

    def rejection(self) -> aws_stepfunctions_tasks.SnsPublish:
        """Build the notification about a version that was not approved."""
        notice = expressions.rejection_notice(self._stage.name)
        task = self._build_notification("NotifyRejection", "release rejected", notice)
        task.add_catch(self._report, errors=_ANY_ERROR, outputs=expressions.FAILURE)
        return task

    def announcement(self) -> aws_stepfunctions_tasks.SnsPublish:
        """Build the notification about a released version."""
        task = self._build_notification("Notify", "released", expressions.RELEASE_NOTICE)
        # The release is complete; only the failed notification is left to report.
        task.add_catch(self._report, errors=_ANY_ERROR, outputs=expressions.FAILURE)
        return task

    def _build_step(
        self, step: Step, name: str | None = None
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        return self._build_call(
            name or state_name(step),
            self._train if step in _BY_TRAIN else self._release,
            payload={"step": step, "state": "{% $states.input %}"},
            outputs=f'{{% $merge([$states.input, {{"{step.result}": $states.result.Payload}}]) %}}',
            seconds=_TIMEOUT_SECONDS[step],
        )

    def _build_call(
        self,
        name: str,
        function: aws_lambda.IFunction,
        *,
        payload: Mapping[str, str],
        outputs: str,
        seconds: int,
        pattern: aws_stepfunctions.IntegrationPattern = _RESPONSE,
    ) -> aws_stepfunctions_tasks.LambdaInvoke:
        task = aws_stepfunctions_tasks.LambdaInvoke.jsonata(
            self._scope,
            name,
            lambda_function=function,
            payload=aws_stepfunctions.TaskInput.from_object(dict(payload)),
            outputs=outputs,
            retry_on_service_exceptions=False,
            integration_pattern=pattern,
            task_timeout=_timeout(seconds),
        )
        _retry(task, *LAMBDA_ERRORS, *CONNECTION_ERRORS, attempts=4, interval_seconds=5)
        if pattern is _RESPONSE:
            _retry(task, *TIMEOUTS, attempts=1, interval_seconds=10)
        retry_until_ready(task)
        return task

    def _build_clean_up(self) -> aws_stepfunctions_tasks.LambdaInvoke:
        task = self._build_step(Step.CLEAN_UP)
        # The first failure is reported. If the lock could not be released, the next execution
        # takes it over, as this one has ended, and cleans up instead.
        task.add_catch(self._report, errors=_ANY_ERROR, outputs=expressions.UNCHANGED)
        choice = aws_stepfunctions.Choice.jsonata(self._scope, "IsRolledBack")
        rolled_back = "{% $states.input.closed.taken_back != null %}"
        choice.when(aws_stepfunctions.Condition.jsonata(rolled_back), self._build_recovery())
        task.next(choice.otherwise(self._report))
        return task

    def _build_recovery(self) -> aws_stepfunctions_tasks.LambdaInvoke:
        """Build the task that updates the registry's aliases after a rollback."""
        task = self._build_step(Step.RECORD, "RecordRollback")
        # The next execution updates aliases that could not be updated now.
        task.add_catch(self._report, errors=_ANY_ERROR, outputs=expressions.UNCHANGED)
        task.next(self._report)
        return task

    def _build_report(
        self, name: str, subject: str, text: str
    ) -> aws_stepfunctions_tasks.SnsPublish:
        report = self._build_notification(name, subject, text)
        # Even if the report fails, the execution ends with the error that it is about.
        report.add_catch(self._failed, errors=_ANY_ERROR, outputs=expressions.UNCHANGED)
        report.next(self._failed)
        return report

    def _build_notification(
        self, name: str, subject: str, text: str
    ) -> aws_stepfunctions_tasks.SnsPublish:
        task = aws_stepfunctions_tasks.SnsPublish.jsonata(
            self._scope,
            name,
            topic=self._notifications,
            subject=f"{self._stage.name}: {subject}",
            message=aws_stepfunctions.TaskInput.from_text(text),
            outputs=expressions.UNCHANGED,
            task_timeout=_timeout(_NOTIFY_TIMEOUT_SECONDS),
        )
        _retry(task, *SNS_ERRORS, *TIMEOUTS, attempts=3, interval_seconds=2)
        return task


def state_name(step: Step) -> str:
    """Return the name of a step's state."""
    return "".join(part.title() for part in step.split("_"))


def _timeout(seconds: int) -> aws_stepfunctions.Timeout:
    return aws_stepfunctions.Timeout.duration(Duration.seconds(seconds))


def _retry(
    task: aws_stepfunctions.TaskStateBase, *errors: str, attempts: int, interval_seconds: int
) -> None:
    retry(
        task,
        *errors,
        attempts=attempts,
        interval_seconds=interval_seconds,
        maximum_delay_seconds=_MAXIMUM_DELAY_SECONDS,
    )
