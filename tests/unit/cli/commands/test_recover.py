"""`fleet recover` asks only about what it can do."""

from pathlib import Path

import pytest
import typer

from cli.commands.local.recover import recover
from cli.local_cloud.layout import HOME_VARIABLE
from cli.output.errors import FleetError


@pytest.mark.parametrize("name", ["list", "20261130T093000.000000Z"])
def test_an_unknown_copy_is_refused_before_asking(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody confirms a restoration that then fails."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: pytest.fail("must not ask"))
    with pytest.raises(FleetError, match=name):
        recover(name)
