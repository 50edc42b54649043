"""What a stage may cost a month before people are told."""

from cdk.settings.stage import Stage, StageError


def read_budget(stage: Stage, context: object) -> float | None:
    """The monthly limit in US dollars: the stage's own, or what the deployment says.

    Parameters
    ----------
    stage
        Whose own limit holds where nothing is said; one without a limit never has a budget.
    context
        The CDK context `budget_usd`; 0 is no budget.

    Raises
    ------
    StageError
        If it is no amount.
    """
    if context is None or stage.budget_usd is None:
        return stage.budget_usd
    try:
        usd = float(str(context))
    except ValueError:
        usd = -1.0
    if not 0 <= usd < float("inf"):
        raise StageError(f"budget_usd: {context!r} is no amount of US dollars")
    return usd or None
