"""State machine that sends notifications of drift decisions."""

from aws_cdk import (
    Duration,
    RemovalPolicy,
    aws_lambda,
    aws_sns,
    aws_sqs,
    aws_stepfunctions,
    aws_stepfunctions_tasks,
)
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.logs import machine_logs
from cdk.shared.transient_errors import (
    CONNECTION_ERRORS,
    LAMBDA_ERRORS,
    SNS_ERRORS,
    TIMEOUTS,
    retry,
    retry_until_ready,
)
from modelfleet.release.requests import READ_DECISION
from modelfleet.resource_names import Resource

_TIMEOUT = aws_stepfunctions.Timeout.duration(Duration.seconds(60))
_MAXIMUM_DELAY_SECONDS = 60
_EVENT = "{% $states.context.Execution.Input %}"
_EXECUTION_TIMEOUT_MINUTES = 15


class DriftNotifications(Construct):
    """State machine that has the release function read an event, and publishes the notification.

    An input transformer could not validate the event. Events that cannot be read or published go to
    `failed`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        release: aws_lambda.IFunction,
        topic: aws_sns.ITopic,
        failed: aws_sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        name = stage.resource(Resource.DRIFT_NOTIFICATIONS)
        keep = self._build_keeping(failed)
        read, notify = self._build_reading(release), self._build_notification(stage, topic)
        for task in (read, notify):
            task.add_catch(keep, errors=["States.ALL"], outputs=_EVENT)
        self.machine = aws_stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=aws_stepfunctions.DefinitionBody.from_chainable(read.next(notify)),
            query_language=aws_stepfunctions.QueryLanguage.JSONATA,
            timeout=Duration.minutes(_EXECUTION_TIMEOUT_MINUTES),
            tracing_enabled=stage.tracing,
            logs=machine_logs(self, "Logs", stage=stage, name=name),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _build_reading(self, release: aws_lambda.IFunction) -> aws_stepfunctions.TaskStateBase:
        task = aws_stepfunctions_tasks.LambdaInvoke.jsonata(
            self,
            "ReadDecision",
            lambda_function=release,
            payload=aws_stepfunctions.TaskInput.from_object(
                {"action": READ_DECISION, "event": "{% $states.input %}"}
            ),
            outputs="{% $states.result.Payload %}",
            retry_on_service_exceptions=False,
            task_timeout=_TIMEOUT,
        )
        _retry(task, *LAMBDA_ERRORS, *CONNECTION_ERRORS, *TIMEOUTS)
        retry_until_ready(task)
        return task

    def _build_notification(
        self, stage: Stage, topic: aws_sns.ITopic
    ) -> aws_stepfunctions.TaskStateBase:
        task = aws_stepfunctions_tasks.SnsPublish.jsonata(
            self,
            "Notify",
            topic=topic,
            subject=f"{{% '{stage.name}: ' & $states.input.subject %}}",
            message=aws_stepfunctions.TaskInput.from_text("{% $states.input.message %}"),
            task_timeout=_TIMEOUT,
        )
        _retry(task, *SNS_ERRORS, *TIMEOUTS)
        return task

    def _build_keeping(self, failed: aws_sqs.IQueue) -> aws_stepfunctions.TaskStateBase:
        keep = aws_stepfunctions_tasks.SqsSendMessage.jsonata(
            self,
            "KeepEvent",
            queue=failed,
            message_body=aws_stepfunctions.TaskInput.from_text("{% $string($states.input) %}"),
            task_timeout=_TIMEOUT,
        )
        keep.next(aws_stepfunctions.Fail.jsonata(self, "Failed", cause="The event is in the queue"))
        return keep


def _retry(task: aws_stepfunctions.TaskStateBase, *errors: str) -> None:
    retry(
        task,
        *errors,
        attempts=4,
        interval_seconds=5,
        maximum_delay_seconds=_MAXIMUM_DELAY_SECONDS,
    )
