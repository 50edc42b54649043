"""API Gateway's proxy event, for callers that invoke a function directly."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class ProxyAnswer(NamedTuple):
    """Response that API Gateway would send to the caller."""

    status: int
    body: str


def proxy_event(method: str, path: str, body: str, request_id: str) -> dict[str, Any]:
    """Make the event of one request.

    Parameters
    ----------
    method, path, body
        The request; the path does not contain the API's stage.
    request_id
        ID that distinguishes its log lines from those of callers.
    """
    headers = {"accept": "application/json", "content-type": "application/json"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": request_id,
            "path": path,
            "httpMethod": method,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def proxy_answer(answer: Mapping[str, Any]) -> ProxyAnswer:
    """Parse a function's response to a proxy event.

    Raises
    ------
    ValueError
        If it is not a valid proxy response.
    """
    try:
        return ProxyAnswer(int(answer["statusCode"]), str(answer["body"]))
    except (KeyError, TypeError) as error:
        raise ValueError("not a proxy response") from error
