"""Texts that the retraining machine sends to people, in JSONata over the machine's data."""

REFUSED = (
    "{% $states.input.failure.error & ': ' & $states.input.failure.cause & "
    "'. Nothing was trained or released. Execution: ' & $states.input.execution_arn %}"
)

RELEASED = (
    "{% $states.input.model & ' ' & $states.input.released.champion & "
    "' is the new champion (' & $states.input.trigger & '): ' & "
    "$join($append($states.input.evaluated.verdict.reasons, "
    "$states.input.rollout.reasons), '; ') %}"
)


def failed(stage: str) -> str:
    """What failed, and the command that resumes; a version that is registered is not retrained."""
    return (
        "{% ($s := $states.input; "
        "$force := $s.force ? ' --force' : ''; "
        "$tune := $s.tune > 0 ? ' --tune ' & $s.tune : ''; "
        "$resume := $s.registered "
        "? 'fleet release start ' & $s.model & ' ' & $s.registered.version "
        ": 'fleet retrain ' & $s.model & $force & $tune; "
        "$back := $s.closed.taken_back "
        "? ' Version ' & $s.closed.taken_back & ' was rolled back.' : ''; "
        "'Retraining ' & $s.model & ' failed in ' & $s.failure.step & '. ' & "
        "$s.failure.error & ': ' & $s.failure.cause & '.' & $back & "
        "' Execution: ' & $s.execution_arn & "
        f"'. To resume: ' & $resume & ' --wait --stage {stage}') %}}"
    )
