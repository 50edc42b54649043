"""Lets a model of the tests be one of the fleet for a while."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import models
from modelfleet import catalogue
from tests.training import splits

GRADED = "graded"
_FOLDER = str(Path(__file__).parent)


@contextmanager
def beside_the_fleet() -> Iterator[None]:
    """Let the folders here be found as models, and be forgotten afterwards."""
    models.__path__.append(_FOLDER)
    yield
    models.__path__.remove(_FOLDER)
    for name in [name for name in sys.modules if name.startswith(f"models.{GRADED}")]:
        del sys.modules[name]
    catalogue.find.cache_clear()
    splits.cache_clear()
