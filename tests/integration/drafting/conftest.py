"""A folder of models beside those of the fleet, which goes when the tests are done."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import models
from cli.local_cloud.layout import HOME_VARIABLE
from modelfleet import catalogue


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where `fleet new` writes: the last folder of the package, which is a test's own."""
    folder = tmp_path_factory.mktemp("fleet") / "models"
    folder.mkdir()
    models.__path__.append(str(folder))
    with pytest.MonkeyPatch.context() as environment:
        # Where `fleet new` keeps the table, for models that a whole module looks at.
        environment.setenv(HOME_VARIABLE, str(folder.parent / "home"))
        yield folder
    models.__path__.remove(str(folder))
    forget()


def forget() -> None:
    """Let what was read of folders that are gone be read anew."""
    for name in [name for name in sys.modules if name.startswith("models.")]:
        if name.split(".")[1] not in _OF_THE_FLEET:
            del sys.modules[name]
    catalogue.find.cache_clear()


_OF_THE_FLEET = set(catalogue.names())


@pytest.fixture(autouse=True)
def local_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home without a cloud, for what `fleet` writes beside the folder."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
