"""What a caller did wrong is counted, and is not taken for our error."""

import pytest

from modelfleet.catalogue import find
from tests.serving import GATEWAY_REQUEST_ID, serving

SPEC = find("bankchurn")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/predict", "{", 400),
        ("/predict", "{}", 422),
        ("/predict", f'{{"x": "{"y" * 700_000}"}}', 413),
        ("/nothing", "{}", 404),
    ],
)
def test_a_refused_request_is_told_with_its_status(path: str, body: str, status: int) -> None:
    """Each 4xx answer to a POST is heard once, under the gateway's request id."""
    service = serving(SPEC)
    assert service.gateway.send("POST", service.url(path), body).status == status
    assert service.telemetry.rejections == [(GATEWAY_REQUEST_ID, status)]
    assert service.telemetry.failures == []


def test_what_is_answered_is_not_refused() -> None:
    """A prediction, and a question for what is not there, are no refusals."""
    service = serving(SPEC)
    assert service.gateway.post(service.url("/predict"), SPEC.features.example()).status == 200
    assert service.gateway.get(service.url("/nothing")).status == 404
    assert service.telemetry.rejections == []
