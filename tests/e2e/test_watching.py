"""The watched loop: others call, it is found by the clock, and a better version is released."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest

from cli.local_cloud.layout import HOME_VARIABLE
from tests.e2e.conftest import MODEL, Fleet

pytestmark = pytest.mark.e2e

# As few as decide: a fifth of the others is what the gate judges on.
_QUIET, _MOVED = "300", "1500"


@pytest.fixture(scope="module")
def shown(fleet: Fleet, first_release: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    """The demonstration, run once on the suite's cloud."""
    assert first_release["champion"] == "1"
    return subprocess.run(
        [sys.executable, "-m", "cli.drift_demo", "--quiet", _QUIET, "--moved", _MOVED],
        env=os.environ | {HOME_VARIABLE: str(fleet.layout.root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_loop_closes(shown: "subprocess.CompletedProcess[str]", fleet: Fleet) -> None:
    """Nothing without a shift; with one, it is found, the event retrains, the better one serves."""
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert re.search(r"no drift on \d+ predictions; decision: none", shown.stdout)
    assert "decision: warn" in shown.stdout
    # It ends well only where the new version is better for callers beyond chance.
    assert "The retraining joins what callers reported" in shown.stdout
    champion = fleet.ask("status", "--json")["models"][MODEL]["champion"]
    assert f"released: version {champion} in place of" in shown.stdout


def test_its_evidence_is_on_record(shown: "subprocess.CompletedProcess[str]", fleet: Fleet) -> None:
    """The release says that a monitor asked for it, and what came of callers is measured."""
    assert shown.returncode == 0, shown.stdout + shown.stderr
    measured = fleet.ask("performance", MODEL, "--json")
    assert sum(version["labels"] for version in measured["versions"]) >= int(_MOVED) / 2
    # So few outcomes need not say that the loss is beyond margin and chance, but that there is one.
    realised = next(each for each in measured["findings"] if each["basis"] == "realised")
    assert realised["rows"] >= int(_MOVED) / 2
    assert realised["change"]["value"] < 0, realised["reason"]
