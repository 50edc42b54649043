"""The retraining state machine: one model per execution, from its data to its release."""

import json
from collections.abc import Collection, Mapping

from aws_cdk import Duration, RemovalPolicy, aws_lambda, aws_sns, aws_stepfunctions
from constructs import Construct

from cdk.retraining.steps import RetrainingSteps
from cdk.settings.stage import Stage
from cdk.shared.logs import machine_logs
from modelfleet.evaluation.gate import Decision
from modelfleet.resource_names import Resource
from modelfleet.retraining.approval import WORK_HOURS, ApprovalOutcome
from modelfleet.retraining.state import CANDIDATE_BLOCKED, ROLLED_BACK, LockOutcome, Phase, Step

_ADOPTED = '{% $merge([$states.input, {"registered": {"version": $states.input.version}}]) %}'
_DECISION = "$states.input.evaluated.verdict.decision"
_REASONS = "$states.input.evaluated.verdict.reasons"


class RetrainingWorkflow(Construct):
    """Locks the model, trains a version, lets the gate decide, and releases share by share."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        train: aws_lambda.IFunction,
        release: aws_lambda.IFunction,
        notifications: aws_sns.ITopic,
        approving: Collection[str],
    ) -> None:
        super().__init__(scope, id_)
        self._approving = approving
        self._steps = RetrainingSteps(
            self, stage=stage, train=train, release=release, notifications=notifications
        )
        self._finish = self._build_finish()
        name = stage.resource(Resource.RETRAINING)
        self.machine = aws_stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=aws_stepfunctions.DefinitionBody.from_chainable(
                self._build_definition()
            ),
            query_language=aws_stepfunctions.QueryLanguage.JSONATA,
            timeout=Duration.hours(WORK_HOURS + stage.release.approval_hours),
            tracing_enabled=stage.tracing,
            logs=machine_logs(self, "Logs", stage=stage, name=name),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _build_definition(self) -> aws_stepfunctions.IChainable:
        release = self._build_release()
        adopt = aws_stepfunctions.Pass.jsonata(self, "Adopt", outputs=_ADOPTED)
        adopt.next(release)
        start = self._build_training(release, adopt)
        lock = self._steps.task(Step.LOCK)
        return self._steps.validation().next(lock).next(self._build_lock_wait(lock, start))

    def _build_lock_wait(
        self, lock: aws_stepfunctions.IChainable, start: aws_stepfunctions.IChainable
    ) -> aws_stepfunctions.IChainable:
        wait = self._wait("WaitForLock", "locked")
        wait.next(lock)
        busy = aws_stepfunctions.Succeed.jsonata(
            self, "Busy", comment="Another execution is changing the model"
        )
        outcome = "$states.input.locked.outcome"
        branches = {
            f"{outcome} = '{LockOutcome.HELD}'": start,
            f"{outcome} = '{LockOutcome.WAIT}'": wait,
        }
        return self._choice("IsLocked", branches, busy)

    def _build_training(
        self, release: aws_stepfunctions.IChainable, adopt: aws_stepfunctions.IChainable
    ) -> aws_stepfunctions.IChainable:
        """Build the path from data to a registered version, with exits if unchanged or blocked.

        A given version needs none of it, and a resumed execution enters it behind its last result.
        """
        prepare, train, evaluate, register = (
            self._steps.task(step)
            for step in (Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER)
        )
        blocked = self._failure(CANDIDATE_BLOCKED, f"$join({_REASONS}, '; ')")
        unchanged = {"$states.input.prepared.unchanged != null": self._finish}
        is_unchanged = self._choice("IsUnchanged", unchanged, train)
        prepare.next(is_unchanged)
        train.next(evaluate).next(
            self._choice("IsBlocked", {f"{_DECISION} = '{Decision.BLOCK}'": blocked}, register)
        )
        promoted = {f"{_DECISION} = '{Decision.PROMOTE}'": self._build_approval(release)}
        is_promoted = self._choice("IsPromoted", promoted, self._finish)
        register.next(is_promoted)
        entries: dict[str, aws_stepfunctions.IChainable] = {
            "$states.input.version != null": adopt,
            "$exists($states.input.registered)": is_promoted,
            "$exists($states.input.trained)": evaluate,
            "$exists($states.input.prepared)": is_unchanged,
        }
        return self._choice("IsWorkDone", entries, prepare)

    def _build_approval(
        self, release: aws_stepfunctions.IChainable
    ) -> aws_stepfunctions.IChainable:
        """Build the wait for a person, for the models whose release plan asks for one.

        A version that a person releases by its number has that person's approval, and one that was
        approved before its execution failed keeps it.
        """
        approval = self._steps.approval(self._finish)
        approved = {f"$states.input.approval.outcome = '{ApprovalOutcome.APPROVED}'": release}
        approval.next(self._choice("IsApproved", approved, self._finish))
        names = json.dumps(sorted(self._approving))
        given = "$exists($states.input.approval)"
        needed = {f"$states.input.model in {names} and $not({given})": approval}
        return self._choice("IsApprovalNeeded", needed, release)

    def _build_release(self) -> aws_stepfunctions.IChainable:
        """Build the gradual release: each share is compared with the champion before the next."""
        smoke_test, shift, check, promote, record = (
            self._steps.task(step)
            for step in (
                *(Step.SMOKE_TEST, Step.SHIFT_TRAFFIC, Step.CHECK_TRIAL),
                *(Step.PROMOTE, Step.RECORD),
            )
        )
        rolled_back = self._failure(ROLLED_BACK, "$join($states.input.trial.reasons, '; ')")
        wait = self._wait("WaitForTraffic", "trial")
        phase = "$states.input.trial.phase"
        shifted = {
            f"{phase} = '{Phase.FINISH}'": promote,
            f"{phase} = '{Phase.ROLL_BACK}'": rolled_back,
        }
        checked = {
            f"{phase} = '{Phase.ADVANCE}'": shift,
            f"{phase} = '{Phase.ROLL_BACK}'": rolled_back,
        }
        smoke_test.next(shift).next(self._choice("IsShifted", shifted, wait))
        wait.next(check)
        check.next(self._choice("IsChecked", checked, wait))
        promote.next(record).next(self._finish)
        return smoke_test

    def _build_finish(self) -> aws_stepfunctions.IChainable:
        """Build the successful ends of an execution."""
        finish = self._steps.task(Step.FINISH)
        released = aws_stepfunctions.Succeed.jsonata(self, "Released")
        rejected = aws_stepfunctions.Succeed.jsonata(
            self, "Rejected", comment="Registered; a person did not approve its release"
        )
        unchanged = aws_stepfunctions.Succeed.jsonata(
            self, "Unchanged", comment="Same data and code as in the last training"
        )
        kept = aws_stepfunctions.Succeed.jsonata(
            self, "Kept", comment="Registered; the champion stays"
        )
        branches: dict[str, aws_stepfunctions.IChainable] = {
            "$exists($states.input.released)": self._steps.announcement().next(released),
            "$exists($states.input.approval)": self._steps.rejection().next(rejected),
            "$states.input.prepared.unchanged != null": unchanged,
        }
        finish.next(self._choice("IsReleased", branches, kept))
        return finish

    def _failure(self, error: str, cause: str) -> aws_stepfunctions.IChainable:
        """Build the handling of a negative verdict: cleanup and report, like an error."""
        failure = f'"step": $states.context.State.Name, "error": "{error}", "cause": {cause}'
        state = aws_stepfunctions.Pass.jsonata(
            self, error, outputs=f'{{% $merge([$states.input, {{"failure": {{{failure}}}}}]) %}}'
        )
        return state.next(self._steps.clean_up)

    def _wait(self, name: str, result: str) -> aws_stepfunctions.Wait:
        """Build a pause for the seconds in a step's result."""
        seconds = f"{{% $states.input.{result}.wait_seconds %}}"
        return aws_stepfunctions.Wait.jsonata(
            self, name, time=aws_stepfunctions.WaitTime.seconds(seconds)
        )

    def _choice(
        self,
        name: str,
        branches: Mapping[str, aws_stepfunctions.IChainable],
        otherwise: aws_stepfunctions.IChainable,
    ) -> aws_stepfunctions.Choice:
        choice = aws_stepfunctions.Choice.jsonata(self, name)
        for condition, then in branches.items():
            choice.when(aws_stepfunctions.Condition.jsonata(f"{{% {condition} %}}"), then)
        return choice.otherwise(otherwise)
