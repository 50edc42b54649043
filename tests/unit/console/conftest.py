"""A console of one small model."""

from collections.abc import Iterator

import pytest

from modelfleet.spec.model import ModelSpec
from tests.console import RunningConsole, UserPool


@pytest.fixture(scope="session")
def keys() -> UserPool:
    """The pool, whose keys take a while to make."""
    return UserPool()


@pytest.fixture
def pool(keys: UserPool) -> Iterator[UserPool]:
    """A sound pool."""
    keys.reset()
    yield keys
    keys.reset()


@pytest.fixture
def running(pool: UserPool, binary: ModelSpec) -> RunningConsole:
    """The console of stage prod."""
    return RunningConsole(pool, {binary.name: binary})
