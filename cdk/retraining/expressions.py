"""JSONata expressions of the retraining state machine: outputs of states, and notifications."""

from modelfleet.retraining.approval import ApprovalOutcome
from modelfleet.retraining.state import CANDIDATE_BLOCKED, ROLLED_BACK

UNCHANGED = "{% $states.input %}"
# A function's error is a JSON document, of which only the message is reported; other causes are
# plain text.
_CAUSE = (
    "$contains($states.errorOutput.Cause, 'errorMessage') "
    "? $parse($states.errorOutput.Cause).errorMessage : $states.errorOutput.Cause"
)
FAILURE = f"""{{% $merge([$states.input, {{"failure": {{
"step": $states.context.State.Name,
"error": $states.errorOutput.Error,
"cause": {_CAUSE}
}}}}]) %}}"""
# The machine's data starts as the validated request, and keeps nothing else of the input.
VALIDATED = (
    "{% $merge([$states.result.Payload, "
    '{"execution": $states.context.Execution.Name, '
    '"execution_arn": $states.context.Execution.Id}]) %}'
)
REFUSED = f"""{{% {{"execution_arn": $states.context.Execution.Id, "failure": {{
"error": $states.errorOutput.Error,
"cause": {_CAUSE}
}}}} %}}"""

REFUSAL_REPORT = (
    "{% $states.input.failure.error & ': ' & $states.input.failure.cause & "
    "'. Nothing was trained or released. Execution: ' & $states.input.execution_arn %}"
)

APPROVED = '{% $merge([$states.input, {"approval": $states.result}]) %}'
EXPIRED = (
    f'{{% $merge([$states.input, {{"approval": {{"outcome": "{ApprovalOutcome.EXPIRED}"}}}}]) %}}'
)

RELEASE_NOTICE = (
    "{% $states.input.model & ' ' & $states.input.released.champion & "
    "' is the new champion (' & $states.input.trigger & '): ' & "
    "$join($append($states.input.evaluated.verdict.reasons, "
    "$states.input.trial.reasons), '; ') %}"
)


def rejection_notice(stage: str) -> str:
    """Return the notification about a version that nobody approved, with the command to do so."""
    return (
        "{% ($s := $states.input; $a := $s.approval; "
        "$s.model & ' ' & $s.registered.version & ' will not be released: ' & "
        f"($a.outcome = '{ApprovalOutcome.EXPIRED}' ? 'nobody decided in time' "
        ": 'rejected by ' & $a.by & ': ' & $a.reason) & "
        "'. The champion stays. To release it after all: fleet release start ' & "
        f"$s.model & ' ' & $s.registered.version & ' --stage {stage}') %}}"
    )


def failure_report(stage: str) -> str:
    """Return the failure report, with the command that goes on.

    What failed is resumed; a version that a comparison rolled back can only be released again, and
    a candidate that the gate blocked only be trained again.
    """
    return (
        "{% ($s := $states.input; "
        "$force := $s.force ? ' --force' : ''; "
        "$tune := $s.tune > 0 ? ' --tune ' & $s.tune : ''; "
        f"$judged := $s.failure.error in ['{CANDIDATE_BLOCKED}', '{ROLLED_BACK}']; "
        "$resume := $s.prepared and $not($judged) "
        "? 'fleet retrain ' & $s.model & ' --resume ' & $s.execution "
        ": $s.registered "
        "? 'fleet release start ' & $s.model & ' ' & $s.registered.version "
        ": 'fleet retrain ' & $s.model & $force & $tune; "
        "$back := $s.closed.taken_back "
        "? ' Version ' & $s.closed.taken_back & ' was rolled back.' : ''; "
        "'Retraining ' & $s.model & ' failed in ' & $s.failure.step & '. ' & "
        "$s.failure.error & ': ' & $s.failure.cause & '.' & $back & "
        "' Execution: ' & $s.execution_arn & "
        f"'. To resume: ' & $resume & ' --wait --stage {stage}') %}}"
    )
