"""Which clients may report outcomes: those that the API's stage names in its variables."""

from typing import Any

# Followed by the client's name; the value is the ID of its API key.
_PREFIX = "reports_outcomes_"


def stage_variable(client: str) -> str:
    """Return the stage variable that permits a client, by its name, to report outcomes.

    Names of stage variables have letters, digits, and underscores only.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
    """
    return f"{_PREFIX}{client.replace('-', '_')}"


def permitted_keys(stage_variables: Any) -> frozenset[str]:
    """Return the IDs of the API keys that may report outcomes; none if nothing is set.

    Parameters
    ----------
    stage_variables
        The stage variables of a request's event, which callers cannot set.
    """
    if not isinstance(stage_variables, dict):
        return frozenset()
    return frozenset(
        value
        for name, value in stage_variables.items()
        if isinstance(name, str) and name.startswith(_PREFIX) and isinstance(value, str) and value
    )
