"""What the API says about a request that it refuses, as a sentence."""

import httpx

from cli.output.errors import FleetError


def require_success(response: httpx.Response) -> httpx.Response:
    """Return the response if the request succeeded.

    Raises
    ------
    FleetError
        If the API refused it; the text has the fields and what is wrong with each.
    """
    if response.is_success:
        return response
    raise FleetError(_sentence(response), code=f"http_{response.status_code}")


def _sentence(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return f"the API responded with status {response.status_code}: {response.text[:200]!r}"
    errors = problem.get("errors") or ()
    faults = [f"{each.get('field')}: {_clause(each)}" for each in errors if isinstance(each, dict)]
    # API Gateway's own responses, such as for a missing key, have a message alone.
    said = problem.get("detail") or problem.get("message") or problem.get("title")
    text = "\n".join(faults) or f"{said or response.text[:200]}"
    refused = "the request was refused" if response.is_client_error else "the API failed"
    return f"{refused} (status {response.status_code}): {text}"


def _clause(error: dict[str, object]) -> str:
    # Pydantic's sentences start with a capital letter, and mark our own.
    text = str(error.get("message", "")).removeprefix("Value error, ")
    first, rest = text[:1], text[1:]
    return text if rest[:1].isupper() else first.lower() + rest
