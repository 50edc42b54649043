"""Every model's API against its own OpenAPI schema, with thousands of generated requests."""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from modelfleet.catalogue import find, names
from tests.attacks import many
from tests.fleet.graded.spec import SPEC as GRADED
from tests.serving import serving

# A local time, by the registry of formats of the OpenAPI Initiative; Schemathesis lacks it.
openapi.format("date-time-local", st.datetimes().map(lambda moment: moment.isoformat()))
_log = logging.getLogger(__name__)

# Other tests cover the lines; tracing thousands of requests takes longer than the requests do.
pytestmark = pytest.mark.no_cover

EXAMPLES = many(25)
# No 5xx, and no status, media type, header or body that the schema does not declare.
DECLARED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ATTACKS = settings(
    max_examples=EXAMPLES,
    # The same requests each time: what fails once fails again, and time does not vary.
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations(model: str) -> Iterator[Any]:
    """Every operation of a model's own schema, bound to its application."""
    app = serving(GRADED if model == GRADED.name else find(model)).app
    for found in openapi.from_asgi(f"/{model}/openapi.json", app).get_all_operations():
        yield cast("Ok[Any]", found).ok()


def attack(operation: Any, mode: GenerationMode) -> Counter[int]:
    """Send an operation generated requests, and count the statuses of their answers."""
    answered: Counter[int] = Counter()

    @ATTACKS
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        answered[case.call_and_validate(checks=DECLARED).status_code] += 1

    send()
    _log.info("%s, %s: %s", operation.label, mode.value, dict(answered))
    return answered


@pytest.mark.parametrize("model", [*names(), GRADED.name])
def test_what_the_schema_allows_is_answered_as_it_declares(model: str) -> None:
    """A request that fits the schema gets an answer that fits it, and never a 5xx."""
    for operation in operations(model):
        answered = attack(operation, GenerationMode.POSITIVE)
        # No schema can say which predictions there are; an entity need not have any.
        allowed = {202, 404} if operation.path.endswith("/feedback") else {200}
        assert set(answered) <= allowed, operation.label
        assert answered.total() >= (EXAMPLES if operation.body else 1)


@pytest.mark.parametrize("model", names())
def test_what_the_schema_forbids_is_answered_as_it_declares(model: str) -> None:
    """A request that does not fit is refused, unless it can be read: "1" as 1, a batch by rows."""
    for operation in operations(model):
        if operation.body:
            answered = attack(operation, GenerationMode.NEGATIVE)
            unknown = {202, 404} if operation.path.endswith("/feedback") else set()
            assert set(answered) <= {200, 400, 422} | unknown, operation.label
            assert answered.total() >= EXAMPLES
            if not operation.path.endswith("/batch"):
                assert answered[400] + answered[422] > answered[200]
