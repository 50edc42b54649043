"""The retraining state machine: one model an execution, from its rows to its release."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, aws_lambda, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.retraining.steps import RetrainingSteps
from cdk.settings.stage import Stage
from cdk.shared.logs import machine_logs
from modelfleet.domain.gate import Decision
from modelfleet.domain.messages import (
    CANDIDATE_BLOCKED,
    LockOutcome,
    Phase,
    Step,
)

_ADOPTED = '{% $merge([$states.input, {"registered": {"version": $states.input.version}}]) %}'
_DECISION = "$states.input.evaluated.verdict.decision"
_REASONS = "$states.input.evaluated.verdict.reasons"
_EXECUTION_TIMEOUT_HOURS = 12


class RetrainingWorkflow(Construct):
    """The model's lock, a trained version, what the gate says of it, and a share at a time."""

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
        self._closed = self._build_closed()
        self.machine = aws_stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=machine_name(stage),
            definition_body=aws_stepfunctions.DefinitionBody.from_chainable(self._definition()),
            query_language=aws_stepfunctions.QueryLanguage.JSONATA,
            timeout=Duration.hours(_EXECUTION_TIMEOUT_HOURS),
            tracing_enabled=stage.tracing,
            logs=machine_logs(self, "Logs", stage=stage, name=machine_name(stage)),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _definition(self) -> aws_stepfunctions.IChainable:
        released = self._tried_and_released()
        trained = self._trained(released)
        adopted = aws_stepfunctions.Pass.jsonata(self, "Adopt", outputs=_ADOPTED)
        adopted.next(released)
        given = self._choice("IsVersionGiven", {"$states.input.version != null": adopted}, trained)
        lock = self._steps.task(Step.LOCK)
        return self._steps.validation().next(lock).next(self._locked(lock, given))

    def _locked(
        self, lock: aws_stepfunctions.IChainable, given: aws_stepfunctions.IChainable
    ) -> aws_stepfunctions.IChainable:
        wait = self._wait("WaitForLock", "locked")
        wait.next(lock)
        busy = aws_stepfunctions.Succeed.jsonata(
            self, "Busy", comment="Another execution is changing the model"
        )
        outcome = "$states.input.locked.outcome"
        ways = {
            f"{outcome} = '{LockOutcome.HELD}'": given,
            f"{outcome} = '{LockOutcome.WAIT}'": wait,
        }
        return self._choice("IsLocked", ways, busy)

    def _trained(self, released: aws_stepfunctions.IChainable) -> aws_stepfunctions.IChainable:
        """From the rows to a registered version, unless they are old or the gate says no."""
        steps = self._steps
        blocked = self._ended(CANDIDATE_BLOCKED, f"$join({_REASONS}, '; ')")
        promoted = self._choice(
            "IsPromoted", {f"{_DECISION} = '{Decision.PROMOTE}'": released}, self._closed
        )
        registered = steps.task(Step.REGISTER)
        registered.next(promoted)
        judged = steps.task(Step.TRAIN)
        judged.next(steps.task(Step.EVALUATE)).next(
            self._choice("IsBlocked", {f"{_DECISION} = '{Decision.BLOCK}'": blocked}, registered)
        )
        prepared = steps.task(Step.PREPARE)
        unchanged = {"$states.input.prepared.unchanged != null": self._closed}
        prepared.next(self._choice("IsUnchanged", unchanged, judged))
        return prepared

    def _tried_and_released(self) -> aws_stepfunctions.IChainable:
        """A share at a time, each judged, then all traffic."""
        steps = self._steps
        smoke, widen, judge = (steps.task(s) for s in (Step.SMOKE, Step.WIDEN, Step.JUDGE))
        rolled_back = self._ended("RolledBack", "$join($states.input.rollout.reasons, '; ')")
        wait = self._wait("WaitForTraffic", "rollout")
        released = steps.task(Step.RELEASE)
        released.next(steps.task(Step.RECORD)).next(self._closed)
        phase = "$states.input.rollout.phase"
        widened = {
            f"{phase} = '{Phase.FINISH}'": released,
            f"{phase} = '{Phase.ROLL_BACK}'": rolled_back,
        }
        judged = {
            f"{phase} = '{Phase.ADVANCE}'": widen,
            f"{phase} = '{Phase.ROLL_BACK}'": rolled_back,
        }
        smoke.next(widen).next(self._choice("IsWidened", widened, wait))
        wait.next(judge)
        judge.next(self._choice("IsJudged", judged, wait))
        return smoke

    def _build_closed(self) -> aws_stepfunctions.IChainable:
        """The good ends."""
        close = self._steps.task(Step.CLOSE)
        told = self._steps.announcement().next(aws_stepfunctions.Succeed.jsonata(self, "Released"))
        unchanged = aws_stepfunctions.Succeed.jsonata(
            self, "Unchanged", comment="The same rows were trained on by the same code"
        )
        kept = aws_stepfunctions.Succeed.jsonata(
            self, "Kept", comment="Registered; the champion stays"
        )
        ways: dict[str, aws_stepfunctions.IChainable] = {
            "$exists($states.input.released)": told,
            "$states.input.prepared.unchanged != null": unchanged,
        }
        close.next(self._choice("IsReleased", ways, kept))
        return close

    def _ended(self, error: str, cause: str) -> aws_stepfunctions.IChainable:
        """A verdict that ends the execution is cleaned up after and reported like an error."""
        failure = f'"step": $states.context.State.Name, "error": "{error}", "cause": {cause}'
        ended = aws_stepfunctions.Pass.jsonata(
            self, error, outputs=f'{{% $merge([$states.input, {{"failure": {{{failure}}}}}]) %}}'
        )
        return ended.next(self._steps.clean_up)

    def _wait(self, name: str, whose: str) -> aws_stepfunctions.Wait:
        seconds = f"{{% $states.input.{whose}.wait_seconds %}}"
        return aws_stepfunctions.Wait.jsonata(
            self, name, time=aws_stepfunctions.WaitTime.seconds(seconds)
        )

    def _choice(
        self,
        name: str,
        ways: Mapping[str, aws_stepfunctions.IChainable],
        otherwise: aws_stepfunctions.IChainable,
    ) -> aws_stepfunctions.Choice:
        choice = aws_stepfunctions.Choice.jsonata(self, name)
        for condition, then in ways.items():
            choice.when(aws_stepfunctions.Condition.jsonata(f"{{% {condition} %}}"), then)
        return choice.otherwise(otherwise)


def machine_name(stage: Stage) -> str:
    """The name of a stage's retraining machine."""
    return stage.resource("retraining")
