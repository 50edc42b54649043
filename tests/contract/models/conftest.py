"""The fleet, and beside it a model with more classes than any of the fleet has."""

from collections.abc import Iterator

import pytest

from tests.fleet.beside import beside_the_fleet


@pytest.fixture(scope="module", autouse=True)
def with_classes() -> Iterator[None]:
    """What holds of every model holds of one of more than two classes."""
    with beside_the_fleet():
        yield
