"""A short form of `make attack` on the running local cloud: nothing of it may achieve anything."""

from collections.abc import Callable
from typing import Any

import pytest

from cli.cloud import Cloud
from cli.local_cloud.layout import Layout
from tests.attack import events, storm, tables, values
from tests.attack.result import Result
from tests.attack.target import Target
from tests.e2e.conftest import MODEL

pytestmark = pytest.mark.e2e

# Of what each attack has many, one in so many is tried.
EVERY = 12


@pytest.fixture(scope="module")
def target(layout: Layout, cloud: Cloud, first_release: dict[str, Any]) -> Target:
    """Name the cloud that is attacked, in which one model serves."""
    assert first_release["champion"]
    return Target(layout, cloud, (MODEL,), EVERY)


@pytest.mark.parametrize(
    "attack",
    [
        values.forged_outcomes,
        values.foreign_client,
        events.forged_requests,
        tables.broken_rows,
        tables.hostile_arguments,
        storm.storm,
    ],
)
def test_an_attack_achieves_nothing(target: Target, attack: Callable[[Target], Result]) -> None:
    """No 5xx of ours, nothing lost, nothing seen twice, nothing done that must not be."""
    result = attack(target)
    assert result.count
    assert result.survived, result
