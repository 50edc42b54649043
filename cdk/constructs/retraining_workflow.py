"""The retraining state machine: one model an execution, from its rows to its release."""

from aws_cdk import Duration, RemovalPolicy, aws_lambda, aws_logs, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.constructs.fleet_function import retention
from cdk.constructs.retraining_steps import RetrainingSteps
from cdk.stage import Stage
from modelfleet.domain.gate import Decision
from modelfleet.domain.messages import CANDIDATE_BLOCKED, Step, Trigger

# A request without a model gets as far as the first step, which says so and is reported.
_DEFAULTS = f'{{"model": "", "trigger": "{Trigger.MANUAL}", "force": false}}'
_NORMALISED = (
    f'{{% $merge([{_DEFAULTS}, $states.input, {{"execution": $states.context.Execution.Name}}]) %}}'
)
_DECISION = "$states.input.evaluated.verdict.decision"
_REASONS = "{% $join($states.input.evaluated.verdict.reasons, '; ') %}"
_EXECUTION_TIMEOUT_HOURS = 3


class RetrainingWorkflow(Construct):
    """prepare, train, evaluate, then what the gate says: blocked, kept, or released."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        train: aws_lambda.IFunction,
        release: aws_lambda.IFunction,
        notifications: aws_sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        self._steps = RetrainingSteps(
            self, stage=stage, train=train, release=release, notifications=notifications
        )
        self.machine = aws_stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=machine_name(stage),
            definition_body=aws_stepfunctions.DefinitionBody.from_chainable(self._definition()),
            query_language=aws_stepfunctions.QueryLanguage.JSONATA,
            timeout=Duration.hours(_EXECUTION_TIMEOUT_HOURS),
            tracing_enabled=stage.tracing,
            logs=self._build_logs(stage) if stage.tracing else None,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _definition(self) -> aws_stepfunctions.IChainable:
        steps = self._steps
        judged = (
            aws_stepfunctions.Pass.jsonata(self, "Normalise", outputs=_NORMALISED)
            .next(steps.task(Step.PREPARE))
            .next(steps.task(Step.TRAIN))
            .next(steps.task(Step.EVALUATE))
        )
        registered = steps.task(Step.REGISTER).next(
            self._choice("IsPromoted", Decision.PROMOTE, self._released(), self._kept())
        )
        return judged.next(self._choice("IsBlocked", Decision.BLOCK, self._blocked(), registered))

    def _choice(
        self,
        name: str,
        decision: Decision,
        then: aws_stepfunctions.IChainable,
        otherwise: aws_stepfunctions.IChainable,
    ) -> aws_stepfunctions.Choice:
        condition = aws_stepfunctions.Condition.jsonata(f"{{% {_DECISION} = '{decision}' %}}")
        choice = aws_stepfunctions.Choice.jsonata(self, name)
        return choice.when(condition, then).otherwise(otherwise)

    def _released(self) -> aws_stepfunctions.IChainable:
        steps = self._steps
        return (
            steps.task(Step.RELEASE)
            .next(steps.task(Step.RECORD))
            .next(steps.announcement())
            .next(aws_stepfunctions.Succeed.jsonata(self, "Released"))
        )

    def _kept(self) -> aws_stepfunctions.IChainable:
        return aws_stepfunctions.Succeed.jsonata(
            self, "Kept", comment="Registered; the champion stays"
        )

    def _blocked(self) -> aws_stepfunctions.IChainable:
        return aws_stepfunctions.Fail.jsonata(
            self, CANDIDATE_BLOCKED, error=CANDIDATE_BLOCKED, cause=_REASONS
        )

    def _build_logs(self, stage: Stage) -> aws_stepfunctions.LogOptions:
        group = aws_logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{machine_name(stage)}",
            retention=retention(stage),
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        return aws_stepfunctions.LogOptions(
            destination=group,
            level=aws_stepfunctions.LogLevel.ALL,
            include_execution_data=False,
        )


def machine_name(stage: Stage) -> str:
    """The name of a stage's retraining machine."""
    return stage.resource("retraining")
