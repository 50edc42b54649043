"""API Gateway's proxy event, for callers that invoke a function directly."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class ProxyAnswer(NamedTuple):
    """What the gateway would hand to the caller."""

    status: int
    body: str


def proxy_event(method: str, path: str, body: str, request_id: str) -> dict[str, Any]:
    """Make the event of one request that the gateway let through.

    Parameters
    ----------
    method, path, body
        What is asked; the path as the application knows it, without the API's stage.
    request_id
        How its log lines are told from those of callers.
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
    """Read what a function answered to such an event.

    Raises
    ------
    ValueError
        If it is no answer that the gateway could pass on.
    """
    try:
        return ProxyAnswer(int(answer["statusCode"]), str(answer["body"]))
    except (KeyError, TypeError) as error:
        raise ValueError("not a proxy response") from error
